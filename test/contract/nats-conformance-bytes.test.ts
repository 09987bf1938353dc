/**
 * NATS byte by byte: what no client library would say, and where TCP may cut it. The embedded broker has to take it as
 * nats-server does, down to which mistakes end a connection.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NATS_IMPLEMENTATIONS, type RunningNats } from '../support/nats-implementations.ts';
import { RawNatsClient } from '../support/raw-nats-client.ts';

const CONNECT = 'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n';
const HEADER_BLOCK = 'NATS/1.0\r\nA: b\r\n\r\n';
const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;

for (const implementation of NATS_IMPLEMENTATIONS) {
  describe.skipIf(implementation.isMissing)(`${implementation.name}, byte by byte`, () => {
    let server: RunningNats;
    const opened: RawNatsClient[] = [];

    beforeAll(async () => {
      server = await implementation.start();
    });
    afterAll(() => server?.stop());
    afterEach(() => {
      for (const connection of opened.splice(0)) connection.destroy();
    });

    async function raw(): Promise<RawNatsClient> {
      const connection = await RawNatsClient.connect(server.port);
      opened.push(connection);
      return connection;
    }

    const script =
      `${CONNECT}SUB split.> 1\r\nsub split.* q 22\r\nPUB split.a 5\r\nhello\r\nPUB split.b re.ply 0\r\n\r\n` +
      `HPUB split.c ${HEADER_BLOCK.length} ${HEADER_BLOCK.length + 2}\r\n${HEADER_BLOCK}\r\n\r\nUNSUB 22\r\nPUB split.d 2\r\nok\r\nPING\r\n`;
    const block = `${HEADER_BLOCK.length} ${HEADER_BLOCK.length + 2}\r\n${HEADER_BLOCK}\r\n\r\n`;
    const transcript = [
      'MSG split.a 1 5\r\nhello\r\n',
      'MSG split.a 22 5\r\nhello\r\n',
      'MSG split.b 1 re.ply 0\r\n\r\n',
      'MSG split.b 22 re.ply 0\r\n\r\n',
      `HMSG split.c 1 ${block}`,
      `HMSG split.c 22 ${block}`,
      'MSG split.d 1 2\r\nok\r\n',
      'PONG\r\n',
    ].join('');

    it('understands a conversation cut at any byte, and one byte at a time', async () => {
      for (let cut = 0; cut <= script.length; cut += 1) {
        // Alone on the server: the script's own subscriptions would hear another run of it.
        const connection = await RawNatsClient.connect(server.port);
        await connection.send(script.slice(0, cut));
        await new Promise(setImmediate);
        await connection.send(script.slice(cut));
        await connection.waitUntil(() => connection.received.length >= transcript.length);
        expect(connection.received).toBe(transcript);
        connection.destroy();
        await connection.whenClosed();
      }
      const slowly = await raw();
      for (const byte of script) {
        await slowly.send(byte);
        await new Promise(setImmediate);
      }
      await slowly.waitUntil(() => slowly.received.length >= transcript.length);
      expect(slowly.received).toBe(transcript);
    });

    it('introduces itself', async () => {
      const { info } = await raw();
      expect(info).toMatchObject({ headers: true, max_payload: MAX_PAYLOAD_BYTES, proto: 1, port: server.port });
    });

    it('answers PING, in lower case and before CONNECT too', async () => {
      const connection = await raw();
      await connection.send('ping\r\nPiNg\r\n');
      await connection.whenReceived('PONG\r\nPONG\r\n');
      expect(await connection.exchange(`${CONNECT}PONG\r\n`)).toBe('');
    });

    it('accepts lower-case verbs, tabs and surplus spaces', async () => {
      const connection = await raw();
      const said =
        'connect {"verbose":false}\r\nsub\tlow.er  7\r\npub low.er   2\r\nhi\r\nunsub 7\r\npub low.er 0\r\n\r\n';
      expect(await connection.exchange(said)).toBe('MSG low.er 7 2\r\nhi\r\n');
    });

    it('acknowledges every operation of a verbose client', async () => {
      const connection = await raw();
      const said = 'CONNECT {"verbose":true,"pedantic":true}\r\nSUB verb.ose 1\r\nUNSUB 1\r\nPUB verb.ose 0\r\n\r\n';
      expect(await connection.exchange(said)).toBe('+OK\r\n'.repeat(4));
    });

    it('passes UTF-8 subjects through unchanged', async () => {
      const connection = await raw();
      const subject = Buffer.from('코인.비트').toString('latin1');
      await connection.send(`${CONNECT}SUB 코인.* 1\r\nPUB 코인.비트 0\r\n\r\n`);
      await connection.whenReceived(`MSG ${subject} 1 0\r\n\r\n`);
    });

    it('strips headers for a client that can not read them', async () => {
      const [old, current] = [await raw(), await raw()];
      await old.exchange('CONNECT {"verbose":false,"headers":false}\r\nSUB strip 1\r\n');
      await current.exchange(
        `${CONNECT}HPUB strip ${HEADER_BLOCK.length} ${HEADER_BLOCK.length + 2}\r\n${HEADER_BLOCK}hi\r\n`,
      );
      await old.whenReceived('PONG\r\nMSG strip 1 2\r\nhi\r\n');
    });

    it('sends status 503 to the one who asked in vain', async () => {
      const connection = await raw();
      const said = `${CONNECT}SUB in.box 1\r\nPUB nobody.there in.box 0\r\n\r\n`;
      expect(await connection.exchange(said)).toBe('HMSG in.box 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n');
    });

    it('ignores a second SUB under the same sid and an UNSUB of an unknown one', async () => {
      const connection = await raw();
      const said = `${CONNECT}SUB sid.a 1\r\nSUB sid.b 1\r\nUNSUB 99\r\nPUB sid.a 0\r\n\r\nPUB sid.b 0\r\n\r\n`;
      expect(await connection.exchange(said)).toBe('MSG sid.a 1 0\r\n\r\n');
    });

    it.each(['a..b', '.a', 'a.', 'a.>.b'])('refuses the subject %s and goes on', async (subject) => {
      const connection = await raw();
      expect(await connection.exchange(`${CONNECT}SUB ${subject} 1\r\n`)).toBe("-ERR 'Invalid Subject'\r\n");
      const published = await connection.exchange(`PUB ${subject} 2\r\nhi\r\n`);
      expect(published).toBe("-ERR 'Invalid Publish Subject'\r\n");
    });

    it.each([
      ['garbage', 'GET / HTTP/1.1\r\n\r\n', 'Unknown Protocol Operation'],
      ['binary garbage', Buffer.from([0, 255, 13, 10, 1, 10]).toString('latin1'), 'Unknown Protocol Operation'],
      ['an empty line', `${CONNECT}\r\n`, 'Unknown Protocol Operation'],
      ['a payload longer than announced', `${CONNECT}PUB a 2\r\nhello\r\n`, 'Unknown Protocol Operation'],
      ['a payload shorter than announced', `${CONNECT}PUB a 9\r\nhi\r\nPING\r\nPING\r\n`, 'Unknown Protocol Operation'],
      ['an oversize control line', `${CONNECT}SUB ${'a'.repeat(5_000)} 1\r\n`, 'maximum control line exceeded'],
      [
        'an oversize control line without an end',
        `${CONNECT}PUB ${'a'.repeat(9_000)}`,
        'maximum control line exceeded',
      ],
      [
        'an announced payload over the limit',
        `${CONNECT}PUB a ${MAX_PAYLOAD_BYTES + 1}\r\n`,
        'Maximum Payload Violation',
      ],
      ['malformed JSON in CONNECT', 'CONNECT {nope\r\n', undefined],
      ['a CONNECT that is no object', 'CONNECT []\r\n', undefined],
      ['a CONNECT without options', 'CONNECT\r\n', undefined],
      ['a size that is no number', `${CONNECT}PUB a x\r\n`, undefined],
      ['a negative size', `${CONNECT}PUB a -1\r\n`, undefined],
      ['an endless size', `${CONNECT}PUB a 99999999999999999999\r\n`, undefined],
      ['too many arguments', `${CONNECT}PUB a b c 1\r\n`, undefined],
      ['more headers than payload', `${CONNECT}HPUB a 14 13\r\nNATS/1.0\r\n\r\nx\r\n`, undefined],
    ])('closes the connection after %s', async (_, said, reason) => {
      const [bystander, connection] = [await raw(), await raw()];
      await connection.send(Buffer.from(said, 'latin1'));
      await connection.whenClosed();
      // nats-server says nothing where no reason is listed; our broker always does.
      if (reason !== undefined) expect(connection.received).toBe(`-ERR '${reason}'\r\n`);
      else if (implementation.isEmbedded) expect(connection.received).toBe("-ERR 'Parser Error'\r\n");
      expect(await bystander.exchange(CONNECT)).toBe('');
    });
  });
}
