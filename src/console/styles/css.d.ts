/** Files that Vite handles: it collects CSS, and an image becomes its address. */
declare module '*.css';
declare module '*.svg' {
  export default path;
}
