/** Bytes from the bus to a symbol's message, or the refusal its sender gets. Nothing unchecked gets past here. */
import { type ErrorReply, refuse } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import {
  cancelRequest,
  controlRequest,
  describeIssues,
  fillBatchRequest,
  fillRequest,
  getRequest,
  orderRequest,
  type Parsed,
  resolveRequest,
  type Schema,
  uuidTime,
} from '../../protocol/messages.ts';
import { plainFill } from '../../protocol/plain-fill.ts';
import type { FillItem, SymbolCommandMessage } from './messages.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

export type Decoded = SymbolCommandMessage | ErrorReply;

export function decodeSymbolCommand(command: string, data: Uint8Array, now: number): Decoded {
  if (command === 'get') return decodeGet(data);
  if (command === 'explain') return { type: 'explain' };
  const body = decodeJson(data);
  if ('error' in body) return body.error;
  switch (command) {
    case 'fill':
      return decodeFill(body.value, now);
    case 'order':
      return checked(orderRequest, body.value, now, (request) => ({ type: 'order', request }));
    case 'cancel':
      return checked(cancelRequest, body.value, now, (request) => ({ type: 'cancel', request }));
    case 'resolve':
      return checked(resolveRequest, body.value, now, (request) => ({ type: 'resolve', request }));
    case 'flatten':
    case 'pause':
    case 'resume':
    case 'halt':
      return checked(controlRequest, body.value, now, (request) => ({ type: command, request }));
    default:
      return refuse('INVALID', `there is no symbol command "${command.slice(0, 40)}"`);
  }
}

/** JSON of a request; the reply to what is not. */
export function decodeJson(data: Uint8Array): { value: unknown } | { error: ErrorReply } {
  if (data.byteLength > LIMITS.payloadBytesMax) {
    return {
      error: refuse(
        'INVALID',
        `the request has ${data.byteLength} bytes, at most ${LIMITS.payloadBytesMax} are taken: split it`,
        {
          bytes: data.byteLength,
          bytesMax: LIMITS.payloadBytesMax,
        },
      ),
    };
  }
  try {
    return { value: JSON.parse(decoder.decode(data)) as unknown };
  } catch (error) {
    return { error: refuse('INVALID', `the request is not JSON in UTF-8: ${(error as Error).message}`) };
  }
}

/** Validates a request and the age of its id: one too old to be remembered is EXPIRED. */
export function validate<S extends Schema>(
  schema: S,
  value: unknown,
  now: number,
): { request: Parsed<S> } | { error: ErrorReply } {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return { error: refuse('INVALID', describeIssues(parsed.error)) };
  const { id } = parsed.data as { id?: string };
  const expired = id === undefined ? undefined : expiredId(id, now);
  return expired === undefined ? { request: parsed.data } : { error: expired };
}

/**
 * The refusal of a command that came after its deadline. Only for one whose id the ledger does not know: the answer to an
 * attempt that came in time may have been lost, and then that is what became of the command.
 */
export function pastDeadline(request: { readonly deadline?: number | undefined }, now: number): ErrorReply | undefined {
  const { deadline } = request;
  if (deadline === undefined || deadline >= now) return undefined;
  return refuse('EXPIRED', 'the deadline has passed: nothing was changed', {
    deadline: new Date(deadline).toISOString(),
  });
}

function expiredId(id: string, now: number): ErrorReply | undefined {
  const time = uuidTime(id);
  if (time === undefined) return undefined;
  if (now - time > LIMITS.commandIdAgeMsMax) {
    return refuse(
      'EXPIRED',
      'the id is older than 90 days, so it can no longer be told whether it was used: use a new one',
    );
  }
  if (time - now > LIMITS.commandIdAheadMsMax) {
    return refuse('INVALID', 'id: its time lies more than a day in the future; check the clock that made it');
  }
  return undefined;
}

function checked<S extends Schema>(
  schema: S,
  value: unknown,
  now: number,
  message: (request: Parsed<S>) => SymbolCommandMessage,
): Decoded {
  const result = validate(schema, value, now);
  return 'error' in result ? result.error : message(result.request);
}

/** Asked without a body, or with one that means nothing to us, it is the plain question. */
function decodeGet(data: Uint8Array): Decoded {
  const body = data.byteLength === 0 ? { value: {} } : decodeJson(data);
  if ('error' in body || typeof body.value !== 'object' || body.value === null) return { type: 'get' };
  const parsed = getRequest.safeParse(body.value);
  if (!parsed.success) return refuse('INVALID', describeIssues(parsed.error));
  const { commandId } = parsed.data;
  return commandId === undefined ? { type: 'get' } : { type: 'get', commandId };
}

function decodeFill(value: unknown, now: number): Decoded {
  if (typeof value !== 'object' || value === null || !('fills' in value)) {
    const plain = plainFill(value);
    if (plain !== undefined) return expiredId(plain.id, now) ?? { type: 'fill', items: [plain], batch: false };
    return checked(fillRequest, value, now, (request) => ({ type: 'fill', items: [request], batch: false }));
  }
  const batch = validate(fillBatchRequest, value, now);
  if ('error' in batch) return batch.error;
  const { fills, deadline } = batch.request;
  return { type: 'fill', items: fills.map((item) => decodeItem(item, deadline, now)), batch: true };
}

/** A fill of a batch, which has the batch's deadline unless it brings its own. */
function decodeItem(value: unknown, deadline: number | undefined, now: number): FillItem {
  const plain = plainFill(value);
  if (plain === undefined) {
    const result = validate(fillRequest, value, now);
    return 'error' in result ? result.error : { ...result.request, deadline: result.request.deadline ?? deadline };
  }
  return (
    expiredId(plain.id, now) ??
    (deadline === undefined || plain.deadline !== undefined ? plain : { ...plain, deadline })
  );
}
