/**
 * Bounds the connections of uWebSockets.js, which the process that also trades would otherwise run out of descriptors
 * for. This version tells nothing of a connection before its first whole request, so what is watched is the process:
 * the system gives out the lowest free descriptor, and all below it are in use. Too many, and the server stops listening
 * until enough have left: what is half written ends after ten seconds by itself.
 */
import { closeSync, openSync, readdirSync } from 'node:fs';
import { devNull } from 'node:os';

/** Few connections fit between two looks; a look costs microseconds. */
const LOOK_INTERVAL_MS = 50;
/** Opened again below this share of the limit: not with each connection that leaves. */
const REOPEN_SHARE = 0.75;

export interface UwsDoorOptions {
  /** Connections beside the sockets; whatever else the process opens later counts as one. */
  readonly connectionsMax: number;
  readonly sockets: () => number;
  readonly shut: () => void;
  /** False when it could not listen: it is tried again. */
  readonly open: () => Promise<boolean>;
}

export class UwsDoor {
  readonly #options: UwsDoorOptions;
  /** The descriptors that were in use before anybody came. */
  readonly #ownDescriptors = openDescriptors();
  readonly #timer: NodeJS.Timeout;
  #isOpen = true;
  #isOpening = false;
  #ended = false;

  /** Watches from now on; the server listens already. */
  constructor(options: UwsDoorOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#look(), LOOK_INTERVAL_MS);
  }

  /** Shuts it for good. */
  end(): void {
    this.#ended = true;
    clearInterval(this.#timer);
    if (this.#isOpen) this.#options.shut();
    this.#isOpen = false;
  }

  #look(): void {
    const { connectionsMax, sockets, shut } = this.#options;
    // The listening socket left a gap among the low descriptors: while it is shut only counting tells how many are left.
    const descriptors = this.#isOpen ? lowestFreeDescriptor() : openDescriptors();
    const connections = descriptors - this.#ownDescriptors - sockets();
    if (this.#isOpen && connections > connectionsMax) {
      this.#isOpen = false;
      shut();
    } else if (!this.#isOpen && !this.#isOpening && connections <= connectionsMax * REOPEN_SHARE) void this.#reopen();
  }

  async #reopen(): Promise<void> {
    this.#isOpening = true;
    this.#isOpen = await this.#options.open();
    this.#isOpening = false;
    if (this.#ended && this.#isOpen) this.#options.shut();
  }
}

/** At most as many as are open, and cheap however many they are. */
function lowestFreeDescriptor(): number {
  return unlessNoneLeft(() => {
    const descriptor = openSync(devNull, 'r');
    closeSync(descriptor);
    return descriptor;
  });
}

function openDescriptors(): number {
  return unlessNoneLeft(() => readdirSync('/dev/fd').length);
}

/** Infinite when no descriptor is left; 0 where the system can't be asked this way. */
function unlessNoneLeft(ask: () => number): number {
  try {
    return ask();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EMFILE' || code === 'ENFILE' ? Number.POSITIVE_INFINITY : 0;
  }
}
