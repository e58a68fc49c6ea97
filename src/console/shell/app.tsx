/** The shell: navigation, banners, the page, and what lies above it. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ConfirmDialog } from '../components/dialog.js';
import { Toasts } from '../components/toast.js';
import { signInNeeded } from '../data/service.js';
import { startShortcuts, useCommands } from '../keyboard/shortcuts.js';
import { navigate } from '../router/router.js';
import { to } from '../router/routes.js';
import { Banners } from './banners.js';
import { CommandPalette } from './command-palette.js';
import { watchVersion } from './console-version.js';
import { CurrentPage } from './current-page.js';
import { AREAS, Navigation } from './navigation.js';
import { ShortcutHelp } from './shortcut-help.js';
import { SignIn } from './sign-in.js';
import { nextTheme } from './theme.js';

export function App() {
  const above = useSignal<'palette' | 'help' | undefined>(undefined);
  const open = (which: 'palette' | 'help') => () => {
    above.value = which;
  };
  const close = (): void => {
    above.value = undefined;
  };
  useEffect(startShortcuts, []);
  useEffect(watchVersion, []);
  useCommands(() => [
    ...AREAS.map(({ title, to: place, key }) => ({
      id: `go-${key}`,
      title: `Go to ${title}`,
      group: 'Pages',
      keys: `g ${key}`,
      run: () => navigate(place),
    })),
    { id: 'new-job', title: 'New job', group: 'Actions', keys: 'n', run: () => navigate(to('newJob')) },
    { id: 'palette', title: 'Search', group: 'Actions', keys: 'mod+k | /', run: open('palette') },
    { id: 'help', title: 'Keyboard shortcuts', group: 'Actions', keys: '?', run: open('help') },
    {
      id: 'theme',
      title: 'Switch theme: light, dark, as the system',
      group: 'Actions',
      keys: 'shift+d',
      run: nextTheme,
    },
  ]);
  if (signInNeeded.value) return <SignIn />;
  return (
    <div class="shell">
      <a class="skip button button-primary" href="#page">
        Skip to the page
      </a>
      <Navigation onPalette={open('palette')} onHelp={open('help')} />
      <div class="shell-main">
        <Banners />
        <main id="page" class="page" tabIndex={-1}>
          <CurrentPage />
        </main>
      </div>
      {above.value === 'palette' && <CommandPalette onClose={close} />}
      {above.value === 'help' && <ShortcutHelp onClose={close} />}
      <ConfirmDialog />
      <Toasts />
    </div>
  );
}
