/**
 * A map from subject patterns to values that answers which patterns match a subject. One value a pattern; what several
 * subscribers of one pattern share is the caller's value.
 *
 * A node stands for a prefix of tokens. `*` and `>` have their own places beside the literal children, so that matching
 * visits at most the nodes on paths that do match, and a removed pattern leaves no empty nodes behind.
 */

interface Node<Value> {
  readonly literals: Map<string, Node<Value>>;
  /** The child for `*`. */
  any: Node<Value> | undefined;
  /** Value of the pattern that ends here. */
  here: Value | undefined;
  /** Value of the pattern that ends here with `>`. */
  rest: Value | undefined;
}

export class SubjectTree<Value extends object> {
  #root: Node<Value> = emptyNode();
  #size = 0;

  /** Patterns held. */
  get size(): number {
    return this.#size;
  }

  get(pattern: string): Value | undefined {
    const { path, endsInRest } = parse(pattern);
    let node: Node<Value> | undefined = this.#root;
    for (const token of path) {
      node = child(node, token);
      if (node === undefined) return undefined;
    }
    return endsInRest ? node.rest : node.here;
  }

  /** Adds or replaces the value of `pattern`, which the caller has checked to be one. */
  set(pattern: string, value: Value): void {
    const { path, endsInRest } = parse(pattern);
    let node = this.#root;
    for (const token of path) node = child(node, token) ?? addChild(node, token);
    if ((endsInRest ? node.rest : node.here) === undefined) this.#size += 1;
    if (endsInRest) node.rest = value;
    else node.here = value;
  }

  /** Removes `pattern` and the nodes only it needed. False when it wasn't there. */
  delete(pattern: string): boolean {
    const { path, endsInRest } = parse(pattern);
    const walked: Node<Value>[] = [this.#root];
    for (const token of path) {
      const next = child(walked[walked.length - 1]!, token);
      if (next === undefined) return false;
      walked.push(next);
    }
    const last = walked[walked.length - 1]!;
    if ((endsInRest ? last.rest : last.here) === undefined) return false;
    if (endsInRest) last.rest = undefined;
    else last.here = undefined;
    this.#size -= 1;
    for (let depth = path.length; depth > 0 && isEmpty(walked[depth]!); depth -= 1) {
      removeChild(walked[depth - 1]!, path[depth - 1]!);
    }
    return true;
  }

  /** Values of all patterns that match `subject` (a literal one), in an order that depends on the patterns only. */
  match(subject: string): Value[] {
    const found: Value[] = [];
    collect(this.#root, subject.split('.'), 0, found);
    return found;
  }
}

function collect<Value>(node: Node<Value>, tokens: readonly string[], depth: number, found: Value[]): void {
  if (depth === tokens.length) {
    if (node.here !== undefined) found.push(node.here);
    return;
  }
  if (node.rest !== undefined) found.push(node.rest);
  const literal = node.literals.get(tokens[depth]!);
  if (literal !== undefined) collect(literal, tokens, depth + 1, found);
  if (node.any !== undefined) collect(node.any, tokens, depth + 1, found);
}

function parse(pattern: string): { path: string[]; endsInRest: boolean } {
  const path = pattern.split('.');
  const endsInRest = path[path.length - 1] === '>';
  if (endsInRest) path.pop();
  return { path, endsInRest };
}

function child<Value>(node: Node<Value>, token: string): Node<Value> | undefined {
  return token === '*' ? node.any : node.literals.get(token);
}

function addChild<Value>(node: Node<Value>, token: string): Node<Value> {
  const added = emptyNode<Value>();
  if (token === '*') node.any = added;
  else node.literals.set(token, added);
  return added;
}

function removeChild<Value>(node: Node<Value>, token: string): void {
  if (token === '*') node.any = undefined;
  else node.literals.delete(token);
}

function emptyNode<Value>(): Node<Value> {
  return { literals: new Map(), any: undefined, here: undefined, rest: undefined };
}

function isEmpty<Value>(node: Node<Value>): boolean {
  return node.here === undefined && node.rest === undefined && node.any === undefined && node.literals.size === 0;
}
