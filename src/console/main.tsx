/** The web console's entry. */
import './style/base.css';
import './style/frame.css';
import './style/documents.css';
import './style/document.css';
import './style/account.css';
import './style/widths.css';
import { render } from 'preact';
import { Console } from './console.js';

const root = document.getElementById('console');
if (root !== null) render(<Console />, root);
