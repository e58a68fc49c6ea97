/** Entry of the console: mounts the shell. */
import './styles/tokens.css';
import './styles/base.css';
import { render } from 'preact';
import { startRouter } from './router/router.js';
import { App } from './shell/app.js';

startRouter();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
