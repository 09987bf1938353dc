/** A WebSocket for Node 20, which has none of its own: `ws`. The only file of the client that a browser can't load. */
import WebSocket from 'ws';
import type { Closing, FeedSocket, SocketAddress, SocketListener } from './socket.ts';

/** Far above any snapshot; a larger message ends the connection. */
const MESSAGE_BYTES_MAX = 16_777_216;
const NO_CLOSE_FRAME = 1006;

export function openNodeSocket({ url, token }: SocketAddress, listener: SocketListener): FeedSocket {
  const socket = new WebSocket(url, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    maxPayload: MESSAGE_BYTES_MAX,
    perMessageDeflate: false,
  });
  let over = false;
  let failure = '';
  const end = (closing: Closing): void => {
    if (over) return;
    over = true;
    socket.terminate();
    listener.closed(closing);
  };
  socket.on('message', (data, isBinary) => {
    if (!over && !isBinary) listener.message(data.toString());
  });
  socket.on('unexpected-response', (request, { statusCode, statusMessage }) => {
    request.destroy();
    end({ code: NO_CLOSE_FRAME, reason: statusMessage ?? '', status: statusCode });
  });
  // Always followed by 'close', and without a listener it would end the process.
  socket.on('error', ({ message }) => {
    failure = message;
  });
  socket.on('close', (code, reason) => end({ code, reason: reason.toString() || failure }));
  return {
    send: (text) => {
      // A socket that is closing reports to the callback what it could not send; its end is told by 'close'.
      if (!over) socket.send(text, () => {});
    },
    close: () => {
      over = true;
      socket.terminate();
    },
  };
}
