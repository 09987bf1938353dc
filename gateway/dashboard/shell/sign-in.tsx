/** Asks for the token of a server that wants one. */
import { useState } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import type { DashboardStore } from '../store/store.ts';
import { keepToken } from '../store/token.ts';

export function SignIn({ store }: { readonly store: DashboardStore }) {
  const [token, setToken] = useState('');
  const refused = store.access.value === 'refused';
  const submit = (event: Event): void => {
    event.preventDefault();
    keepToken(token.trim());
    void store.start();
  };
  return (
    <form class="card sign-in" onSubmit={submit}>
      <h1>{t('signIn.title')}</h1>
      <p>{t('signIn.why')}</p>
      <label for="token">{t('signIn.token')}</label>
      <input
        id="token"
        type="password"
        autocomplete="off"
        required
        value={token}
        aria-invalid={refused}
        aria-describedby="token-refused"
        onInput={(event) => setToken(event.currentTarget.value)}
      />
      <p id="token-refused" class="refused" role="alert">
        {refused ? t('signIn.wrong') : ''}
      </p>
      <button type="submit" class="button button-primary">
        {t('signIn.submit')}
      </button>
    </form>
  );
}
