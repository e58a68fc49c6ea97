/** A link to a place in the console. */
import type { ComponentChildren } from 'preact';
import { href } from '../router/router.js';

type Props = Readonly<{
  to: string;
  class?: string;
  title?: string;
  /** Marks the link of the page that is shown. */
  current?: boolean;
  onClick?: () => void;
  children?: ComponentChildren;
}>;

export function Link({ to, current, ...rest }: Props) {
  return <a href={href(to)} {...(current && { 'aria-current': 'page' as const })} {...rest} />;
}
