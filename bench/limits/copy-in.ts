/** COPY from this process into Postgres on `pg`'s connection: the client library has the protocol, and no query for it. */
import type pg from 'pg';

/** What of a connection a COPY needs; the library's types leave it out. */
interface CopyConnection {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** Sends one whole COPY, a transaction by itself; resolves when it is committed. */
export function copyIn(client: pg.Client, statement: string, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query(new CopyIn({ statement, bytes, onDone: resolve, onFailed: reject }) as unknown as pg.Submittable);
  });
}

interface CopyInOptions {
  readonly statement: string;
  readonly bytes: Buffer;
  readonly onDone: () => void;
  readonly onFailed: (error: Error) => void;
}

/** The library calls these as the server's messages come in. */
class CopyIn {
  readonly #options: CopyInOptions;

  constructor(options: CopyInOptions) {
    this.#options = options;
  }

  submit(connection: CopyConnection): void {
    connection.query(this.#options.statement);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(this.#options.bytes);
    connection.endCopyFrom();
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.#options.onDone();
  }

  handleError(error: Error): void {
    this.#options.onFailed(error);
  }
}
