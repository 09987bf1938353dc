/** A part of a page whose code comes when it is needed; says so while it loads, and offers another try when it can't. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n/index.ts';

export interface LazyPartProps<Props> {
  readonly load: () => Promise<ComponentType<Props>>;
  readonly props: Props;
}

/** `load` is the same function for as long as the part is shown. */
export function LazyPart<Props>({ load, props }: LazyPartProps<Props>) {
  const [part, setPart] = useState<{ readonly component: ComponentType<Props> } | 'failed' | undefined>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let current = true;
    setPart(undefined);
    load().then(
      (component) => current && setPart({ component }),
      () => current && setPart('failed'),
    );
    return () => {
      current = false;
    };
    // Another attempt loads again.
  }, [load, attempt]);
  if (part === undefined) return <p class="quiet">{t('page.loading')}</p>;
  if (part === 'failed') {
    return (
      <p class="quiet">
        {t('page.failed')}{' '}
        <button type="button" class="button" onClick={() => setAttempt(attempt + 1)}>
          {t('page.retry')}
        </button>
      </p>
    );
  }
  const Component = part.component as ComponentType<Props & object>;
  return <Component {...(props as Props & object)} />;
}
