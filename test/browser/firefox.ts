import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { installed } from './installed.ts'

/** Debian's; other systems may name theirs. */
const CANDIDATES = ['/usr/bin/firefox-esr', '/usr/bin/firefox']

/** A Firefox as it is released, driven by the protocol that it speaks itself. */
export interface Firefox {
  /** Goes to an address as one who has never been there, with nothing in the cache; returns when the page has loaded. */
  goto(url: string): Promise<void>
  /** @returns what the expression comes to, a promise's value once it is there; it must be text */
  evaluate(expression: string): Promise<string>
}

/**
 * A real Firefox for the tests of a suite.
 *
 * @param suite `this` of the describe
 * @see https://w3c.github.io/webdriver-bidi/
 */
export function inFirefox(suite: Mocha.Suite): { readonly firefox: () => Firefox } {
  const executable = installed(suite, 'Firefox', CANDIDATES)
  let opened: (Firefox & { close(): Promise<void> }) | undefined

  before(async function () {
    opened = await openFirefox(executable(this))
  })
  after(() => opened?.close())
  return {
    firefox: () => {
      if (opened === undefined) throw new Error('the browser is not up yet')
      return opened
    },
  }
}

async function openFirefox(executable: string): Promise<Firefox & { close(): Promise<void> }> {
  const profile = await mkdtemp(join(tmpdir(), 'latentmint-firefox-'))
  const args = ['--headless', '--no-remote', '--remote-debugging-port=0', '--profile', profile]
  const process = spawn(executable, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(process, 'exit')
  const ask = await connect(await listeningAt(process))
  await ask('session.new', { capabilities: {} })
  let context = ''
  return {
    goto: async (url) => {
      const { userContext } = (await ask('browser.createUserContext', {})) as { userContext: string }
      const tab = (await ask('browsingContext.create', { type: 'tab', userContext })) as { context: string }
      context = tab.context
      await ask('browsingContext.navigate', { context, url, wait: 'complete' })
    },
    evaluate: async (expression) => {
      const answer = await ask('script.evaluate', { expression, target: { context }, awaitPromise: true })
      const { result } = answer as { result?: { type: string; value: string } }
      if (result?.type !== 'string') throw new Error(`${expression} came to ${JSON.stringify(answer)}`)
      return result.value
    },
    close: async () => {
      process.kill()
      await ended
      await rm(profile, { recursive: true, force: true })
    },
  }
}

async function listeningAt({ stderr }: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: stderr! })) {
    const [, url] = /^WebDriver BiDi listening on (ws:\S+)/u.exec(line) ?? []
    if (url === undefined) continue
    // Whoever stops reading here closes the pipe, and Firefox would die of its next complaint.
    stderr!.resume()
    return url
  }
  throw new Error('Firefox ended before it listened')
}

type Ask = (method: string, params: object) => Promise<unknown>

interface Asked {
  resolve(result: unknown): void
  reject(error: Error): void
}

/** Sends commands over one socket and pairs answers with them by their numbers. */
async function connect(url: string): Promise<Ask> {
  const socket = new WebSocket(`${url}/session`)
  await once(socket, 'open')
  const waiting = new Map<number, Asked>()
  socket.addEventListener('message', ({ data }) => {
    const { id, result, message } = JSON.parse(String(data)) as { id?: number; result?: unknown; message?: string }
    const asked = waiting.get(id ?? -1)
    if (message === undefined) asked?.resolve(result)
    else asked?.reject(new Error(message))
    waiting.delete(id ?? -1)
  })
  socket.addEventListener('close', () => {
    for (const asked of waiting.values()) asked.reject(new Error('Firefox closed the connection'))
  })
  let last = 0
  return (method, params) => {
    const id = ++last
    const answer = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
    socket.send(JSON.stringify({ id, method, params }))
    return answer
  }
}
