/**
 * Times as recordings write them, read as milliseconds since the Unix epoch, UTC. A time without a zone is UTC: a
 * reader that took the machine's zone would give other candles in Seoul than in Frankfurt.
 */

const EPOCH_NUMBER = /^\d{9,19}(?:\.\d+)?$/;
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/** Largest count of seconds taken as seconds (year 5138); above it the number counts milliseconds, and so on. */
const SECONDS_MAX = 1e11;
const MILLISECONDS_MAX = 1e14;
const MICROSECONDS_MAX = 1e17;

export const TIMESTAMP_FORMS = '2026-01-05T00:00:00Z, 2026-01-05 00:00:00, or seconds or milliseconds since 1970';

/** Undefined when the text is none of TIMESTAMP_FORMS. Fractions below a millisecond are cut off. */
export function parseTimestamp(text: string): number | undefined {
  return inLastHour(text) ?? parseAny(text);
}

/** `2026-01-05 09` of the last time with seconds and without a zone, and when that hour began. */
let lastHour = { text: '', at: 0 };
const HOUR_CHARACTERS = 13;
const SECONDS_CHARACTERS = 19;

/** Recordings run minute by minute: nearly every time differs from the one before it in four digits. */
function inLastHour(text: string): number | undefined {
  if (text.length !== SECONDS_CHARACTERS || text[HOUR_CHARACTERS] !== ':' || text[HOUR_CHARACTERS + 3] !== ':')
    return undefined;
  const hour = text.slice(0, HOUR_CHARACTERS);
  if (hour !== lastHour.text) {
    const at = parseAny(`${hour}:00:00`);
    if (at === undefined) return undefined;
    lastHour = { text: hour, at };
  }
  const minutes = sixty(text, HOUR_CHARACTERS + 1);
  const seconds = sixty(text, HOUR_CHARACTERS + 4);
  if (minutes === undefined || seconds === undefined) return undefined;
  return lastHour.at + (minutes * 60 + seconds) * 1_000;
}

const ZERO_CODE = 48;

/** Two digits below 60. */
function sixty(text: string, index: number): number | undefined {
  const tens = text.charCodeAt(index) - ZERO_CODE;
  const ones = text.charCodeAt(index + 1) - ZERO_CODE;
  return tens >= 0 && tens < 6 && ones >= 0 && ones <= 9 ? tens * 10 + ones : undefined;
}

function parseAny(text: string): number | undefined {
  if (EPOCH_NUMBER.test(text)) return fromEpochNumber(Number(text));
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', zone = 'Z'] = match;
  if (Number(month) < 1 || Number(month) > 12 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    return undefined;
  }
  if (Number(day) < 1 || Number(day) > daysInMonth(Number(year), Number(month))) return undefined;
  const milliseconds = Number(fraction.padEnd(3, '0').slice(0, 3));
  const local = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    milliseconds,
  );
  return local - zoneOffsetMs(zone);
}

/** The unit of a count since the epoch is told by its size. */
export function fromEpochNumber(value: number): number | undefined {
  if (!Number.isFinite(value) || value < 1e8) return undefined;
  if (value < SECONDS_MAX) return Math.floor(value * 1_000);
  if (value < MILLISECONDS_MAX) return Math.floor(value);
  if (value < MICROSECONDS_MAX) return Math.floor(value / 1e3);
  return Math.floor(value / 1e6);
}

function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function zoneOffsetMs(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || '0');
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
