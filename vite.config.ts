/** Builds the web console: src/console → dist/console, static files that the server hands out as they are. */
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

export default defineConfig({
  root: 'src/console',
  // Found wherever a proxy puts it.
  base: './',
  publicDir: false,
  build: {
    outDir: '../../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // As `data:` URLs they would need a laxer content policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Pure functions: of a module that is not used nothing is kept.
    rolldownOptions: { treeshake: { moduleSideEffects: [{ test: /\/src\/export\//, sideEffects: false }] } },
  },
  worker: { format: 'es' },
  plugins: [precompress()],
});

/** Beside each file that shrinks, the same under `.gz`: compressed once, not at every request. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    enforce: 'post',
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (!/\.(js|css|svg|wasm)$/.test(file.fileName)) continue;
        const source = file.type === 'chunk' ? file.code : file.source;
        this.emitFile({ type: 'asset', fileName: `${file.fileName}.gz`, source: gzipSync(source) });
      }
    },
  };
}
