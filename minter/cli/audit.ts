import type { Command } from 'commander'
import { ConfigInvalid } from '../errors.ts'
import { runAuditor, runProofAuditor } from './auditor.ts'
import { parseAddress, parseCount } from './options.ts'
import type { Session } from './session.ts'

interface AuditOptions {
  readonly rpc: string
  readonly contract: string
  readonly gateway: readonly string[]
  readonly car?: string
  readonly sample?: number
  readonly full: boolean
  readonly json: boolean
}

function common(command: Command): Command {
  return command
    .requiredOption('--rpc <url>', 'any Ethereum node')
    .requiredOption('--contract <address>', 'the collection', parseAddress)
    .option('--gateway <url...>', 'one or more IPFS gateways; not needed where --car has everything', [])
    .option('--car <file>', 'the archive of the drop, read before any gateway')
    .option('--json', 'end with one JSON object', false)
}

/** Adds `audit token|drop`; both run the auditor's own program, which shares nothing with the minter but the arithmetic. */
export function registerAudit(program: Command, session: Session): void {
  const audit = program.command('audit').description('check what a chain says, believing nobody')
  const where =
    '--rpc http://127.0.0.1:8545 --contract 0x5fbdb2315678afecb367f032d93f642f64180aa3 --gateway http://127.0.0.1:8787'
  common(audit.command('token').argument('<id>', 'the token', parseCount))
    .description('make one token again, bit for bit')
    .addHelpText('after', `\nExample:\n  latentmint audit token 65536 ${where}`)
    .action(async (token: number, options: AuditOptions) => run(session, 'token', options, ['--token', String(token)]))
  common(audit.command('drop').argument('<number>', 'the drop', parseCount))
    .description('draw, render and select again')
    .option('--sample <n>', 'how many candidates to render again', parseCount)
    .option('--full', 'render all candidates again', false)
    .addHelpText(
      'after',
      `\nExamples:\n  latentmint audit drop 1 --full ${where}\n  latentmint audit drop 1 --rpc URL --contract 0x.. --car drop.car`,
    )
    .action(async (drop: number, options: AuditOptions) => {
      const { sample, full } = options
      const depth = full ? ['--full'] : sample === undefined ? [] : ['--sample', String(sample)]
      await run(session, 'drop', options, ['--drop', String(drop), ...depth])
    })
  registerDatasetAudit(audit, session)
}

interface ProofOptions {
  readonly proof: string
  readonly root?: string
  readonly rpc?: string
  readonly contract?: string
  readonly drop?: string
  readonly json: boolean
}

function registerDatasetAudit(audit: Command, session: Session): void {
  audit
    .command('dataset')
    .description('check a proof that a file is in a training set, or is not, without the set')
    .requiredOption('--proof <file>', 'as `latentmint dataset prove` writes it')
    .option('--root <hex>', 'of the training set; or let the chain say what the model of a drop was trained on:')
    .option('--rpc <url>', 'any Ethereum node')
    .option('--contract <address>', 'the collection', parseAddress)
    .option('--drop <number>', 'the drop')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExample:\n  latentmint audit dataset --proof proof.json --root 0x39d3…')
    .action(async ({ json, ...options }: ProofOptions) => {
      const given = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
      session.end(await runProofAuditor([...given, ...(json ? ['--json'] : [])]))
    })
}

async function run(session: Session, command: string, options: AuditOptions, rest: readonly string[]): Promise<void> {
  const { rpc, contract, gateway: gateways, car, json } = options
  if (gateways.length === 0 && car === undefined) {
    throw new ConfigInvalid('an audit reads from somewhere: give --gateway, --car or both', 'command line')
  }
  const [gateway = null, ...more] = gateways
  const others = more.flatMap((url) => ['--gateway', url])
  const archive = car === undefined ? [] : ['--car', car]
  const given = [...rest, ...others, ...archive, ...(json ? ['--json'] : [])]
  session.end(await runAuditor(command, { rpc, contract, gateway }, given))
}
