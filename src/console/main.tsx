/** Entry of the console: mounts the shell. */
import './styles/tokens.css';
import './styles/base.css';
import { render } from 'preact';
import { readSession } from './data/service.js';
import { startRouter } from './router/router.js';
import { App } from './shell/app.js';

startRouter();
void readSession();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
