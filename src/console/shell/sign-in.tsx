/** Sign-in: asks for an API key after the service answered 401. The key stays in this tab. */
import './sign-in.css';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Button } from '../components/button.js';
import { TextField } from '../components/field.js';
import { keyRefused, sentenceOf, signIn } from '../data/service.js';
import logo from '../logo.svg';

export function SignIn() {
  const key = useSignal('');
  const error = useSignal<string | undefined>(
    keyRefused.peek() ? 'The key was not accepted: it may have expired.' : undefined,
  );
  const isBusy = useSignal(false);
  useEffect(() => {
    document.title = 'Sign in · trainyard';
    document.querySelector<HTMLInputElement>('.sign-in input')?.focus();
  }, []);

  async function submit(): Promise<void> {
    isBusy.value = true;
    try {
      const accepted = await signIn(key.value.trim());
      if (!accepted) error.value = 'The service does not accept this key.';
    } catch (reason) {
      error.value = sentenceOf(reason);
    }
    isBusy.value = false;
  }
  return (
    <main class="sign-in">
      <form
        class="sign-in-form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <img src={logo} alt="" width={40} height={40} />
        <h1>Sign in to trainyard</h1>
        <TextField
          label="API key"
          type="password"
          autoComplete="current-password"
          value={key.value}
          error={error.value}
          description="The service asks for a key. It is kept in this tab until you close it."
          onInput={(value) => {
            key.value = value;
          }}
        />
        <Button kind="primary" type="submit" busy={isBusy.value}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
