/** Buttons, and links that look like buttons. */
import './button.css';
import type { ButtonHTMLAttributes, ComponentChildren } from 'preact';
import { href } from '../router/router.js';
import { Icon, type IconName } from './icon.js';

type Look = Readonly<{
  /** `primary`: the one main action of a page or dialog. `danger`: deletes something. `quiet`: without a border. */
  kind?: 'primary' | 'danger' | 'quiet' | 'normal' | undefined;
  icon?: IconName | undefined;
  small?: boolean | undefined;
  children?: ComponentChildren;
}>;

type ButtonProps = Look &
  Omit<ButtonHTMLAttributes, 'icon'> &
  Readonly<{
    /** Name of a button that shows only its icon; also its tooltip. */
    label?: string | undefined;
    /** Shows that the action is under way, and prevents a second one. */
    busy?: boolean | undefined;
  }>;

const classOf = ({ kind = 'normal', small, children }: Look): string =>
  `button button-${kind}${small ? ' button-small' : ''}${children === undefined ? ' button-icon' : ''}`;

export function Button({ kind, icon, small, label, busy = false, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      class={classOf({ kind, small, children })}
      aria-label={label}
      title={label}
      aria-busy={busy || undefined}
      disabled={busy}
      {...rest}
    >
      {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
      {children !== undefined && <span class="button-text">{children}</span>}
    </button>
  );
}

/** A link that looks like a button. `to`: a place in the console; `url`: any other address. */
export function ButtonLink({
  to,
  url,
  kind,
  icon,
  small,
  label,
  download,
  children,
}: Look &
  Readonly<{ to?: string | undefined; url?: string; label?: string | undefined; download?: string | boolean }>) {
  return (
    <a
      class={classOf({ kind, small, children })}
      href={to === undefined ? (url ?? '') : href(to)}
      {...(label !== undefined && { 'aria-label': label, title: label })}
      {...(download !== undefined && { download })}
    >
      {icon && <Icon name={icon} />}
      {children !== undefined && <span class="button-text">{children}</span>}
    </a>
  );
}
