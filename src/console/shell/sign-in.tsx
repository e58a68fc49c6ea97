/** Sign-in: asks for an API key if the service needs one. The key is sent once; a cookie that scripts cannot read stands for it. */
import './sign-in.css';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { isTrainyardError } from 'trainyard';
import { Button } from '../components/button.js';
import { TextField } from '../components/field.js';
import { sentenceOf, sessionEnded, signIn } from '../data/service.js';
import logo from '../logo.svg';

export function SignIn() {
  const key = useSignal('');
  const error = useSignal<string | undefined>(
    sessionEnded.peek() ? 'Your session has ended: sign in again to go on where you were.' : undefined,
  );
  const isBusy = useSignal(false);
  useEffect(() => {
    document.title = 'Sign in · trainyard';
    document.querySelector<HTMLInputElement>('.sign-in input')?.focus();
  }, []);

  async function submit(): Promise<void> {
    isBusy.value = true;
    try {
      await signIn(key.value.trim());
    } catch (reason) {
      const isRefused = isTrainyardError(reason) && reason.code === 'unauthorized';
      error.value = isRefused ? 'The service does not accept this key.' : sentenceOf(reason);
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
          description="Sent once and not kept: you stay signed in for 12 hours, or until you sign out."
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
