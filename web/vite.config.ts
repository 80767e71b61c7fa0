import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, defineConfig, type Plugin, type UserConfig } from 'vite'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const OUT = here('../build/web')

/**
 * A module of gan and of the auditor does nothing when it is loaded but define: whoever opens a bundle needs not carry the
 * engine that would run it.
 */
const TREESHAKE = { moduleSideEffects: [{ test: /[/]gan[/]|[/]minter[/]/u, sideEffects: false }] }

/** What both builds have in common. */
const COMMON = {
  root: here('.'),
  // Relative, so that the verify page and its assets work below any address of any host.
  base: './',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
} as const satisfies UserConfig

/** The gallery, the review page and the verify page, and the verify page once more as one file that works from a disk. */
export default defineConfig({
  ...COMMON,
  plugins: [verifyOnDisk()],
  worker: { format: 'es', rolldownOptions: { treeshake: TREESHAKE } },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: 'es2023',
    // Small files would become data: addresses, which the pages' security policy keeps scripts and workers from.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    rolldownOptions: {
      checks: { pluginTimings: false },
      treeshake: TREESHAKE,
      input: { gallery: here('index.html'), verify: here('verify.html'), review: here('review.html') },
    },
  },
})

/**
 * Writes verify-on-disk.html: script, style, workers and the engine's binary within one page. Browsers let a page from
 * disk load nothing beside it, and an auditor may want to keep the page as it was.
 */
function verifyOnDisk(): Plugin {
  return {
    name: 'verify-on-disk',
    apply: 'build',
    async closeBundle() {
      const html = await readFile(join(OUT, 'verify.html'), 'utf8')
      const style = await readFile(join(OUT, /assets\/verify-[^"]+\.css/u.exec(html)?.[0] ?? ''), 'utf8')
      // What would close the script early must not come out of the bundle.
      const script = (await bundleWhole()).replaceAll('</script', String.raw`<\/script`)
      const page = html
        .replaceAll(/\s*<(?:script|link)\b[^>]*(?:src|href)="\.\/assets\/[^>]*>(?:<\/script>)?/gu, '')
        .replace('</head>', () => `<style>${style}</style>\n  </head>`)
        .replace('</body>', () => `<script>${script}</script>\n  </body>`)
      await writeFile(join(OUT, 'verify-on-disk.html'), page)
    },
  }
}

/** The verify page's script with everything that it ever loads inside. */
async function bundleWhole(): Promise<string> {
  const result = await build({
    ...COMMON,
    configFile: false,
    logLevel: 'silent',
    worker: { format: 'iife', rolldownOptions: { treeshake: TREESHAKE } },
    build: {
      write: false,
      target: 'es2023',
      assetsInlineLimit: Number.MAX_SAFE_INTEGER,
      lib: { entry: here('verify/on-disk.tsx'), formats: ['iife'], name: 'verify', fileName: 'verify' },
    },
  })
  const [bundle] = Array.isArray(result) ? result : [result]
  const chunk =
    bundle !== undefined && 'output' in bundle ? bundle.output.find(({ type }) => type === 'chunk') : undefined
  if (chunk?.type !== 'chunk') throw new Error('the build of the page for disks gave no script')
  return chunk.code
}
