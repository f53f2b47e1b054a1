/** Our modes, as readers beside the peers. */
import { fileURLToPath } from 'node:url';

/** @returns {import('../peers/readers.mjs').Reader} */
const reader = (id, label, tier, script) => ({
  id,
  label,
  tier,
  script: fileURLToPath(new URL(script, import.meta.url)),
  interpreter: () => process.execPath,
});

export const MODES = ['fast', 'auto', 'quality'].map((mode) => reader(mode, `\`${mode}\``, mode, 'omega-reader.mjs'));

export const TEXT_LAYER = reader('text-layer', 'text layer', 'text-layer', 'omega-reader.mjs');

export const BARE_MUPDF = reader('bare-mupdf', 'bare MuPDF structured text', 'none', 'mupdf-reader.mjs');
