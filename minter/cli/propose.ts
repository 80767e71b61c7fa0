import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { weiFromEther } from '../domain/amounts.ts'
import { type DemandSnapshot, snapshotDigest, snapshotJson } from '../domain/demand.ts'
import { beyondGuardrails, type Guardrails, guardrailsFor, parseGuardrails } from '../domain/guardrails.ts'
import { changedLines, diffLines } from '../domain/line-diff.ts'
import { parsePolicy, type Policy } from '../domain/policy.ts'
import { editPolicy } from '../domain/policy-edit.ts'
import { type Change, proposeChanges } from '../domain/proposal.ts'
import { ConfigInvalid, MinterError } from '../errors.ts'
import { readDemandFile } from './demand-file.ts'
import { parseWhole } from './options.ts'
import { readPolicyFile } from './runs.ts'
import type { Session } from './session.ts'

/** A file is in the way, and a proposal overwrites nothing. */
class ProposalExists extends MinterError {
  readonly code = 'PROPOSAL_EXISTS'
}

/** A proposal that would leave the guardrails; it is not written. */
class ProposalBeyond extends MinterError {
  readonly code = 'PROPOSAL_BEYOND'
}

interface ProposeOptions {
  readonly snapshot?: string
  readonly guardrails?: string
  readonly editionCap?: number
  readonly spendingCap?: bigint
  readonly out?: string
  readonly json: boolean
}

/** Adds `propose`. */
export function registerPropose(program: Command, session: Session): void {
  program
    .command('propose')
    .description('write the next policy, with the evidence for every change; running it is for a person to decide')
    .argument('<policy>', 'the policy file of the last drop')
    .option('--snapshot <file>', 'what was learned; demand-next.json of this folder when left out')
    .option('--guardrails <file>', 'edition, floors, demandShare and spending; what is left out is as in the policy')
    .option('--edition-cap <n>', 'pieces for sale at most', parseWhole(1, 0xffff))
    .option('--spending-cap <ether>', 'what the drop may cost; the guardrails file has the unit costs', parseEther)
    .option('--out <file>', 'the proposal; NAME-next.yaml beside the policy when left out')
    .option('--json', 'print nothing but one JSON object', false)
    .addHelpText(
      'after',
      '\nExample:\n  latentmint propose drops/looms-first.yaml --edition-cap 60\n  latentmint drop run drops/looms-first-next.yaml' +
        '\n\nNothing is overwritten, and nothing is announced: the second command is the approval.',
    )
    .action((policy: string, options: ProposeOptions) => propose(session, policy, options))
}

function parseEther(text: string): bigint {
  const wei = weiFromEther(text)
  if (wei === null) throw new InvalidArgumentError('expected ether as a decimal, such as 0.5')
  return wei
}

function readGuardrails(policy: Policy, { guardrails, editionCap, spendingCap }: ProposeOptions): Guardrails {
  if (guardrails !== undefined && !existsSync(guardrails)) throw new ConfigInvalid('there is no such file', guardrails)
  const text = guardrails === undefined ? '{}' : readFileSync(guardrails, 'utf8')
  const read = guardrailsFor(policy, parseGuardrails(text, guardrails ?? 'guardrails'))
  const spending = spendingCap === undefined ? read.spending : { ...read.spending, capWei: spendingCap }
  return { ...read, editionCap: editionCap ?? read.editionCap, spending }
}

/** What is written: the policy's text with the changes in their places, and why. */
function proposalText(text: string, changes: readonly Change[], source: string, snapshot: DemandSnapshot): string {
  const reasons = changes.map((change) => `#   ${describeChange(change)}\n#     ${change.because}`)
  const head = [`# Proposed after ${source}, by the demand snapshot ${snapshotDigest(snapshot)}:`, ...reasons]
  return `${head.join('\n')}\n${editPolicy(text, changes)}`
}

function describeChange({ path, from, to }: Change): string {
  return `${path.join('.')}: ${from ?? 'none'} -> ${to}`
}

function writeNew(files: readonly (readonly [path: string, content: string | Uint8Array])[]): void {
  const inTheWay = files.find(([path]) => existsSync(path))
  if (inTheWay !== undefined) throw new ProposalExists('there is a file already, and it stays as it is', inTheWay[0])
  // Another process could have made it a moment ago: the flag leaves such a file alone too.
  for (const [path, content] of files) writeFileSync(path, content, { flag: 'wx' })
}

function propose(session: Session, path: string, options: ProposeOptions): void {
  const { policy, text } = readPolicyFile(path)
  const snapshot = readDemandFile(session, options.snapshot)
  const guardrails = readGuardrails(policy, options)
  const out = options.out ?? join(dirname(path), `${basename(path).replace(/\.ya?ml$/u, '')}-next.yaml`)
  const demandName = `${basename(out).replace(/\.ya?ml$/u, '')}.demand.json`
  const changes = proposeChanges(policy, snapshot, guardrails, demandName)
  if (changes.length === 0) return nothingToPropose(session, path, options)

  const proposed = proposalText(text, changes, path, snapshot)
  const demand = snapshotJson(snapshot)
  const beyond = beyondGuardrails(
    parsePolicy(proposed, out, () => demand),
    guardrails,
  )
  // The rules keep within the guardrails by themselves; that they did is looked at all the same.
  if (beyond.length > 0) throw new ProposalBeyond(beyond.join('; '), out)
  writeNew([
    [join(dirname(out), demandName), demand],
    [out, proposed],
  ])
  if (options.json) return session.print(JSON.stringify({ proposal: out, demand: snapshotDigest(snapshot), changes }))
  print(session, { out, changes, before: text, after: proposed })
}

function nothingToPropose(session: Session, path: string, { json }: ProposeOptions): void {
  if (json) return session.print(JSON.stringify({ proposal: null, changes: [] }))
  session.print(`Nothing speaks for another policy than ${path}; no file was written.`)
}

interface Printed {
  readonly out: string
  readonly changes: readonly Change[]
  readonly before: string
  readonly after: string
}

function print(session: Session, { out, changes, before, after }: Printed): void {
  for (const change of changes) session.print(`${describeChange(change)}\n    ${change.because}`)
  session.print('')
  for (const line of changedLines(diffLines(before, after), 1)) {
    session.print(line === null ? '...' : `${line.mark}${line.line}`)
  }
  session.print(`\nwritten ${out}\nTo approve it: latentmint drop run ${out}`)
}
