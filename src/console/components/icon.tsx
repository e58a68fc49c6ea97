/** Icons of the console: strokes on a grid of 16 × 16. */

const PATHS = {
  home: 'M2.5 7.5 8 3l5.5 4.5M4 6.5V13h3V9.5h2V13h3V6.5',
  jobs: 'M2.5 4h11M2.5 8h11M2.5 12h7',
  models: 'M8 1.8 13.5 5v6L8 14.2 2.5 11V5zM2.5 5 8 8.2 13.5 5M8 8.2v6',
  try: 'M2.5 3.5h11v9h-11zM2.5 10.5 6 7.5l2.5 2 2-1.5 3 2.5M10.7 6h.01',
  datasets:
    'M2.5 4c0-1 2.5-1.8 5.5-1.8s5.5.8 5.5 1.8-2.5 1.8-5.5 1.8S2.5 5 2.5 4zM2.5 4v8c0 1 2.5 1.8 5.5 1.8s5.5-.8 5.5-1.8V4M2.5 8c0 1 2.5 1.8 5.5 1.8S13.5 9 13.5 8',
  system: 'M2.5 2.8h11v4.4h-11zM2.5 8.8h11v4.4h-11zM5 5h.01M5 11h.01M8 5h3M8 11h3',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7 14 14',
  close: 'm3.5 3.5 9 9M12.5 3.5l-9 9',
  check: 'm3 8.5 3.2 3.2L13 4.8',
  cross: 'm4.5 4.5 7 7M11.5 4.5l-7 7',
  warning: 'M8 2.2 14.3 13H1.7zM8 6.5v3M8 11.2h.01',
  info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.3V11M8 5h.01',
  question: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6.3 6.4A1.8 1.8 0 1 1 8.6 8c-.5.2-.6.5-.6 1M8 11.2h.01',
  play: 'M4.5 3v10l8-5z',
  pause: 'M5 3.5v9M11 3.5v9',
  stop: 'M4 4h8v8H4z',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.2 1.6',
  dots: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  more: 'M8 3.5v.01M8 8v.01M8 12.5v.01',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  download: 'M8 2.5v7.5M4.8 7 8 10.2 11.2 7M2.5 13.5h11',
  upload: 'M8 10.5V3M4.8 6.2 8 3l3.2 3.2M2.5 13.5h11',
  trash: 'M3 4.5h10M6 4.5V2.8h4v1.7M4.3 4.5l.6 8.7h6.2l.6-8.7M6.8 7v4M9.2 7v4',
  edit: 'M3 13l.6-2.8 7-7 2.2 2.2-7 7z',
  tag: 'M2.5 2.5h5.2l5.8 5.8-5.2 5.2-5.8-5.8zM5.2 5.2h.01',
  chart: 'M2.5 2.5v11h11M5 10.5l2.5-3.2 2.2 1.6L13 5',
  table: 'M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M6.3 6.3V13',
  compare: 'M8 2v12M2.5 4.5h3v7h-3zM10.5 4.5h3v7h-3z',
  up: 'M8 13V3M4 7l4-4 4 4',
  down: 'M8 3v10M4 9l4 4 4-4',
  left: 'M10 3 5 8l5 5',
  right: 'm6 3 5 5-5 5',
  'chevron-down': 'm3.5 6 4.5 4.5L12.5 6',
  'chevron-up': 'M3.5 10 8 5.5l4.5 4.5',
  refresh: 'M13 8A5 5 0 1 1 11.3 4.2M13 2v3h-3',
  undo: 'M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M5.8 3.5 2.8 6.5l3 3',
  external: 'M6 3H3v10h10v-3M9 3h4v4M13 3 7.5 8.5',
  filter: 'M2 3h12L9.5 8.5V13l-3-1.5v-3z',
  sort: 'M5 3v10M2.8 5.2 5 3l2.2 2.2M11 13V3M8.8 10.8 11 13l2.2-2.2',
  grip: 'M6 3.5h.01M10 3.5h.01M6 8h.01M10 8h.01M6 12.5h.01M10 12.5h.01',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  sun: 'M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z',
  auto: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 2v12M8 5.5h4.6M8 8h5.8M8 10.5h4.9',
  key: 'M5.5 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM7.8 7.8 13 2.5M10.5 5l2 2',
  image: 'M2.5 3h11v10h-11zM2.5 11 6 7.8l2.5 2.2 2-1.6 3 2.6',
  camera: 'M2 5h3l1-1.5h4L11 5h3v8H2zM8 11a2.3 2.3 0 1 0 0-4.6A2.3 2.3 0 0 0 8 11z',
  folder: 'M2 4h4l1.5 1.5H14V13H2z',
  link: 'M6.5 9.5l3-3M7 4.8 8.7 3a2.9 2.9 0 0 1 4.2 4.2L11.2 9M9 11.2 7.3 13a2.9 2.9 0 0 1-4.2-4.2L4.8 7',
  star: 'm8 2 1.8 3.8 4.2.6-3 2.9.7 4.2L8 11.5l-3.7 2 .7-4.2-3-2.9 4.2-.6z',
  bolt: 'M9 1.8 3.5 9H8l-1 5.2L12.5 7H8z',
  command:
    'M6 6V4.2A1.7 1.7 0 1 0 4.2 6zm0 0h4M6 6v4m4-4V4.2A1.7 1.7 0 1 1 11.8 6zm0 0v4m0 0H6m4 0v1.8a1.7 1.7 0 1 0 1.8-1.8zm-4 0v1.8A1.7 1.7 0 1 1 4.2 10z',
} as const;

export type IconName = keyof typeof PATHS;

/** An icon in the colour of the text. Without a label it is decoration, and the text beside it says what it means. */
export function Icon({ name, size = 16, label }: { name: IconName; size?: number; label?: string | undefined }) {
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: hidden, or named by its label.
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.4"
      stroke-linecap="round"
      stroke-linejoin="round"
      {...(label === undefined ? { 'aria-hidden': 'true' } : { role: 'img', 'aria-label': label })}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
