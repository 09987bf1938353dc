/**
 * Which subjects are legal. Tokens are separated by dots and never empty. In a pattern the token `*` stands for exactly
 * one token and a final `>` for one or more; inside a longer token both are ordinary characters, as in nats-server.
 *
 * Subjects are handled as latin1 strings of their bytes, so that UTF-8 passes through unchanged without being decoded.
 */

/** True for a subject a message can be published to: no wildcards. */
export function isSubject(subject: string): boolean {
  return everyToken(subject, (token) => token !== '*' && token !== '>');
}

/** True for a subject one can subscribe to. */
export function isPattern(pattern: string): boolean {
  return everyToken(pattern, (token, isLast) => token !== '>' || isLast);
}

function everyToken(subject: string, isLegal: (token: string, isLast: boolean) => boolean): boolean {
  const tokens = subject.split('.');
  return tokens.every((token, index) => token !== '' && isLegal(token, index === tokens.length - 1));
}
