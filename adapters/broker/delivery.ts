/**
 * Carries one published message to everybody who gets it: every plain subscription, one member of each queue group, and
 * back to the publisher a 503 when nobody was there to answer its request.
 */
import type { PublishFrame } from './frames.ts';
import type { QueueRoute, Route, RoutingTable } from './routing-table.ts';
import type { Publisher, Subscriber, Subscription } from './subscription.ts';

const NO_RESPONDERS = Buffer.from('NATS/1.0 503\r\n\r\n', 'latin1');

/** Delivers and returns how many received it. */
export function deliver(frame: PublishFrame, route: Route, publisher: Publisher): number {
  let delivered = 0;
  for (const subscription of route.plain) {
    if (deliverTo(subscription, frame, publisher)) delivered += 1;
  }
  for (const queue of route.queues) {
    if (deliverToOne(queue, frame, publisher)) delivered += 1;
  }
  return delivered;
}

/** Answers `frame` with status 503 on the publisher's own subscription for the reply. */
export function answerNoResponders(frame: PublishFrame, table: RoutingTable, publisher: Publisher): void {
  const own = table.route(frame.reply)?.plain.find((subscription) => subscription.subscriber === publisher);
  if (own === undefined) return;
  const headerBytes = NO_RESPONDERS.length;
  send(own, { subject: frame.reply, reply: '', headerBytes, payload: NO_RESPONDERS });
}

/** Round robin; a member that can't take the message passes its turn to the next. */
function deliverToOne({ group, members }: QueueRoute, frame: PublishFrame, publisher: Publisher): boolean {
  for (let attempt = 0; attempt < members.length; attempt += 1) {
    const turn = group.turn % members.length;
    group.turn = turn + 1;
    if (deliverTo(members[turn]!, frame, publisher)) return true;
  }
  return false;
}

function deliverTo(subscription: Subscription, frame: PublishFrame, publisher: Publisher): boolean {
  if (!subscription.live) return false;
  const { subscriber } = subscription;
  if (subscriber === publisher && !subscriber.wantsEcho) return false;
  if (!send(subscription, frame)) return false;
  if (subscriber.outbox.congested) publisher.giveWay();
  return true;
}

function send(subscription: Subscription, frame: PublishFrame): boolean {
  const { subscriber, sid } = subscription;
  const { subject, headerBytes, payload } = frame;
  const reply = frame.reply === '' ? '' : `${frame.reply} `;
  const accepted =
    headerBytes > 0 && subscriber.readsHeaders
      ? subscriber.outbox.message(`HMSG ${subject} ${sid} ${reply}${headerBytes} ${payload.length}`, payload)
      : sendBody(
          subscriber,
          `MSG ${subject} ${sid} ${reply}`,
          headerBytes > 0 ? payload.subarray(headerBytes) : payload,
        );
  if (!accepted) return false;
  subscription.delivered += 1;
  if (subscription.max > 0 && subscription.delivered >= subscription.max) subscriber.retire(subscription);
  return true;
}

function sendBody(subscriber: Subscriber, prefix: string, body: Buffer): boolean {
  return subscriber.outbox.message(prefix + body.length, body);
}
