import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** The gallery and the verify page. */
export default defineConfig({
  root: here('.'),
  // Relative, so that the verify page and its assets work below any address of any host.
  base: './',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: {
    outDir: here('../build/web'),
    emptyOutDir: true,
    target: 'es2023',
    // Small files would become data: addresses, which the pages' security policy keeps scripts and workers from.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: { gallery: here('index.html'), verify: here('verify.html') },
    },
  },
})
