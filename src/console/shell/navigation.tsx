/** Navigation: a sidebar, and on phones a bar with a menu. */
import './navigation.css';
import { useEffect, useRef } from 'preact/hooks';
import { Button, ButtonLink } from '../components/button.js';
import { Icon, type IconName } from '../components/icon.js';
import { Link } from '../components/link.js';
import { serviceUrl, session, signOut } from '../data/service.js';
import { isApple } from '../keyboard/shortcuts.js';
import logo from '../logo.svg';
import { path, route } from '../router/router.js';
import { type RouteName, to } from '../router/routes.js';
import { nextTheme, theme } from './theme.js';

type Entry = Readonly<{ title: string; icon: IconName; to: string; key: string; pages: readonly RouteName[] }>;

/** The areas of the console. `key`: `g` and this key open it. */
export const AREAS: readonly Entry[] = [
  { title: 'Home', icon: 'home', to: to('home'), key: 'h', pages: ['home'] },
  { title: 'Jobs', icon: 'jobs', to: to('jobs'), key: 'j', pages: ['jobs', 'newJob', 'job', 'compare'] },
  { title: 'Models', icon: 'models', to: to('models'), key: 'm', pages: ['models', 'model', 'version'] },
  { title: 'Try', icon: 'try', to: to('try'), key: 't', pages: ['try'] },
  { title: 'Data sets', icon: 'datasets', to: to('datasets'), key: 'd', pages: ['datasets', 'dataset'] },
  { title: 'System', icon: 'system', to: to('system'), key: 's', pages: ['system'] },
];

const THEMES = {
  auto: ['auto', 'Theme: as the system'],
  light: ['sun', 'Theme: light'],
  dark: ['moon', 'Theme: dark'],
} as const;

export function Navigation({ onPalette, onHelp }: { onPalette: () => void; onHelp: () => void }) {
  const sidebar = useRef<HTMLElement>(null);
  const place = path.value;
  useEffect(() => {
    if (sidebar.current?.matches(':popover-open')) sidebar.current.hidePopover();
  }, [place]);
  return (
    <>
      <header class="topbar">
        <button type="button" class="button button-quiet button-icon" popovertarget="sidebar" aria-label="Menu">
          <Icon name="menu" size={18} />
        </button>
        <Brand />
        <Button kind="quiet" icon="search" label="Search" onClick={onPalette} />
      </header>
      <nav id="sidebar" ref={sidebar} class="sidebar" aria-label="Console" popover="auto">
        <Areas onPalette={onPalette} onHelp={onHelp} />
      </nav>
      <nav class="sidebar sidebar-fixed" aria-label="Console">
        <Areas onPalette={onPalette} onHelp={onHelp} />
      </nav>
    </>
  );
}

function Brand() {
  return (
    <Link to={to('home')} class="brand">
      <img src={logo} alt="" width={24} height={24} />
      <span>trainyard</span>
    </Link>
  );
}

function Areas({ onPalette, onHelp }: { onPalette: () => void; onHelp: () => void }) {
  const name = route.value?.name;
  const [icon, label] = THEMES[theme.value];
  return (
    <>
      <Brand />
      <ButtonLink to={to('newJob')} kind="primary" icon="plus">
        New job
      </ButtonLink>
      <button type="button" class="sidebar-search" onClick={onPalette}>
        <Icon name="search" />
        <span>Search</span>
        <kbd>{isApple ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      <ul class="areas">
        {AREAS.map((area) => (
          <li key={area.title}>
            <Link to={area.to} class="area" current={name !== undefined && area.pages.includes(name)}>
              <Icon name={area.icon} />
              {area.title}
            </Link>
          </li>
        ))}
      </ul>
      <div class="sidebar-end">
        <a class="area" href={serviceUrl('docs')}>
          <Icon name="external" />
          API reference
        </a>
        <div class="row">
          <Button kind="quiet" icon={icon} label={label} onClick={nextTheme} />
          <Button kind="quiet" icon="question" label="Keyboard shortcuts" onClick={onHelp} />
          {isSignedIn() && (
            <Button
              kind="quiet"
              icon="key"
              label={`Sign out ${session.value?.caller?.name}`}
              onClick={() => void signOut()}
            />
          )}
        </div>
      </div>
    </>
  );
}

const isSignedIn = (): boolean => session.value?.authentication === 'keys' && session.value.caller !== null;
