/** A door that whoever passes waits at until a test opens it. */
export interface Door {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

export function door(): Door {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
