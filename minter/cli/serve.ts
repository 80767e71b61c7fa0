import type { Command } from 'commander'
import { parsePort } from './options.ts'
import { workLoader } from './runs.ts'
import type { Session } from './session.ts'
import { openSite } from './site.ts'
import { openStudio } from './studio.ts'

/** Adds `serve`. */
export function registerServe(program: Command, session: Session): void {
  program
    .command('serve')
    .description('serve the pages, the API and the IPFS gateway on 127.0.0.1')
    .option('--port <n>', 'the port', parsePort, 8787)
    .addHelpText('after', '\nExample:\n  latentmint serve --port 8787')
    .action(async ({ port }: { port: number }) => serve(session, port))
}

async function serve(session: Session, port: number): Promise<void> {
  const { config, now, signal } = session
  const studio = await openStudio({ home: config.home, config, now })
  try {
    const site = await openSite({ studio, loadWork: workLoader(studio.runs), port, logLevel: config.logLevel })
    session.print(`${site.url}  (Ctrl-C ends)`)
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await site.close()
  } finally {
    await studio.close()
  }
}
