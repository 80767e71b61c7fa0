import { accessSync, constants } from 'node:fs'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Software of others that the product can work with, and how to get it. */
export const PEERS = {
  geth: 'tools/services/install geth',
  kubo: 'tools/services/install kubo',
  slither: 'tools/services/install slither',
  postgres: 'apt-get install postgresql',
  swiftshader: 'apt-get install chromium, and latentmint engines install onnx webgpu',
} as const
export type PeerName = keyof typeof PEERS

const PROGRAMS = {
  geth: 'geth',
  kubo: 'ipfs',
  slither: 'slither',
  postgres: 'initdb',
  swiftshader: 'chromium',
} as const

// oxlint-disable-next-line node/no-process-env -- a test reads what the program has no business with
const { env } = process

function places(): readonly string[] {
  const installed = env['LATENTMINT_SERVICES'] ?? join(homedir(), '.cache/latentmint/services')
  return [join(installed, 'bin'), join(installed, 'slither/bin'), ...(env['PATH'] ?? '').split(delimiter)]
}

/** The peer's program, or null when it is not on this machine. */
function findPeer(name: PeerName): string | null {
  for (const place of places()) {
    const program = join(place, PROGRAMS[name])
    try {
      accessSync(program, constants.X_OK)
      return program
    } catch {
      // Not here; perhaps in the next place.
    }
  }
  return null
}

/** What ran and what could not, for the line at the end. */
const seen = new Map<PeerName, boolean>()

/**
 * Runs `suite` with a peer that is there. One that is missing is named; its tests are skipped, or fail where
 * LATENTMINT_REQUIRE_SERVICES (names with commas between) says that it must be there.
 */
export function describeWith(
  name: PeerName,
  title: string,
  suite: (program: string) => void,
  found = findPeer(name),
): void {
  seen.set(name, found !== null)
  if (found !== null) {
    describe(title, () => suite(found))
    return
  }
  describe(title, () => {
    it(`needs ${name}: ${PEERS[name]}`, function () {
      const required = (env['LATENTMINT_REQUIRE_SERVICES'] ?? '').split(',').includes(name)
      if (required) throw new Error(`${name} is required, and is not on this machine: ${PEERS[name]}`)
      this.skip()
    })
  })
}

/** One line that says what the run is worth. */
export function summary(): string {
  const names = (there: boolean): string =>
    [...seen]
      .filter(([, found]) => found === there)
      .map(([name]) => name)
      .join(', ') || 'none'
  const missing = [...seen].filter(([, found]) => !found).map(([name]) => `${name} (${PEERS[name]})`)
  return `services ran: ${names(true)}; missing: ${missing.join(', ') || 'none'}`
}

/** A TCP port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
