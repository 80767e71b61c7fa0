import { type Command, Option } from 'commander'
import { type Config, LOG_LEVELS } from '../config.ts'
import { parseCount, parsePort, parseProxies, parsePublicUrl } from './options.ts'
import { workLoader } from './runs.ts'
import type { Session } from './session.ts'
import { openSite, REQUESTS_PER_MINUTE } from './site.ts'
import { openStudio } from './studio.ts'

interface ServeOptions {
  readonly port: number
  readonly host: string
  readonly publicUrl?: string
  readonly trustProxy: number
  readonly review: boolean
  readonly logLevel: Config['logLevel']
  readonly rateLimit: number
}

/** Adds `serve`. */
export function registerServe(program: Command, session: Session): void {
  program
    .command('serve')
    .description('serve the pages, the API and the IPFS gateway on 127.0.0.1')
    .option('--port <n>', 'the port', parsePort, 8787)
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--public-url <url>', 'where visitors reach the site, when a proxy stands before it', parsePublicUrl)
    .option('--trust-proxy <n>', 'how many proxies stand before it', parseProxies, 0)
    .option('--review', 'print an address that signs you in, once, to look over the candidates of a drop', false)
    .addOption(
      new Option('--log-level <level>', 'which lines go to stderr, a JSON object each')
        .choices(LOG_LEVELS)
        .default(session.config.logLevel),
    )
    .option(
      '--rate-limit <n>',
      'requests a visitor may make to an address of the API in a minute; 0 for any number',
      parseCount,
      REQUESTS_PER_MINUTE,
    )
    .addHelpText('after', '\nExample:\n  latentmint serve --port 8787')
    .action(async (options: ServeOptions) => serve(session, options))
}

async function serve(session: Session, options: ServeOptions): Promise<void> {
  const { port, host, publicUrl, trustProxy, review, logLevel, rateLimit } = options
  const { config, now, signal } = session
  const studio = await openStudio({ home: config.home, config, now })
  try {
    const site = await openSite({
      studio,
      loadWork: workLoader(studio.runs),
      host,
      port,
      ...(publicUrl !== undefined && { publicUrl }),
      proxies: trustProxy,
      logLevel,
      config,
      ...(rateLimit > 0 && { perMinute: rateLimit }),
      signal,
    })
    session.print(`${site.url}  (Ctrl-C ends)`)
    const hint = publicRpcHint(config)
    if (hint !== null) session.print(hint)
    if (review) session.print(`${site.reviewLink()}  (signs the operator in; works once, for ten minutes)`)
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await site.close()
  } finally {
    await studio.close()
  }
}

/** A warning for whoever names a node by an address that says more than where it is. */
function publicRpcHint({ rpc, publicRpc }: Pick<Config, 'rpc' | 'publicRpc'>): string | null {
  if (rpc === undefined || publicRpc !== undefined) return null
  const { username, password, pathname, search } = new URL(rpc)
  if (`${username}${password}${search}` === '' && pathname === '/') return null
  return 'Visitors are given the whole address of your node, with any key in it; LATENTMINT_PUBLIC_RPC names another for them.'
}
