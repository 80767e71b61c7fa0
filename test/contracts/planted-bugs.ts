import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Plants one bug after the other in a copy of the contracts, and shows that the invariants find it. A net that catches
// nothing that is known to swim there is no net. Run: node test/contracts/planted-bugs.ts [part of
// a bug's name]

interface Bug {
  readonly what: string
  readonly file: string
  readonly good: string
  readonly bad: string
}

const BUGS: readonly Bug[] = [
  {
    what: 'a refund stays in the proceeds',
    file: 'contracts/Drop.sol',
    good: '_ledger.heads[drop] = head.minusProceeds(units);',
    bad: '_ledger.heads[drop] = head;',
  },
  {
    what: 'a rank can be minted again',
    file: 'contracts/Drop.sol',
    good: 'if (_exists(tokenId)) revert TokenAlreadyExists();',
    bad: '',
  },
  {
    what: 'the change is kept',
    file: 'contracts/Drop.sol',
    good: 'if (msg.value > dueWei) Payment.pay(msg.sender, msg.value - dueWei);',
    bad: '',
  },
  {
    what: 'a bond is paid out twice',
    file: 'contracts/libraries/BondLib.sol',
    good: 'if (record.settled) revert IDropReports.AlreadySettled(drop);',
    bad: '',
  },
  {
    what: 'a stake is given back twice',
    file: 'contracts/libraries/DropChallenges.sol',
    good: 'question.reclaimed = true;',
    bad: '',
  },
  {
    what: 'the cap is given back for tokens that exist',
    file: 'contracts/libraries/BondLib.sol',
    good: 'head.size() - head.minted();',
    bad: 'head.size();',
  },
  {
    what: 'a closed drop opens again',
    file: 'contracts/libraries/DropStages.sol',
    good: 'head.withState(DropState.Closed);',
    bad: 'head.withState(DropState.Drawn);',
  },
  {
    what: 'a claim is not written down',
    file: 'contracts/Attribution.sol',
    good: '_claimed[id][asset][account] = part;',
    bad: '',
  },
]

const root = fileURLToPath(new URL('../..', import.meta.url))

function copyOf(bug: Bug): string {
  const copy = mkdtempSync(join(tmpdir(), 'planted-'))
  mkdirSync(join(copy, 'test/contracts'), { recursive: true })
  for (const part of ['contracts', 'hardhat.config.ts', 'package.json', 'test/contracts/DropInvariants.t.sol']) {
    cpSync(join(root, part), join(copy, part), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  const source = readFileSync(join(copy, bug.file), 'utf8')
  if (source.split(bug.good).length !== 2) throw new Error(`${bug.file} has not exactly one "${bug.good}"`)
  writeFileSync(join(copy, bug.file), source.replace(bug.good, bug.bad))
  return copy
}

/** The invariants that fell, by name; empty when the bug went unnoticed. */
function fallen(copy: string): readonly string[] {
  const hardhat = join(root, 'node_modules/hardhat/dist/src/cli.js')
  try {
    execFileSync(process.execPath, [hardhat, 'test', 'solidity'], { cwd: copy, stdio: 'pipe' })
    return []
  } catch (error) {
    const output = String((error as { readonly stdout?: unknown }).stdout)
    const names = [...output.matchAll(/\d+\) (?:\w+#)?(invariant_\w+)/g)].map(([, name]) => name ?? '')
    if (names.length === 0) throw error
    return [...new Set(names)]
  }
}

function plantAll(part: string): void {
  for (const bug of BUGS.filter(({ what }) => what.includes(part))) {
    const copy = copyOf(bug)
    const found = fallen(copy)
    rmSync(copy, { recursive: true })
    if (found.length === 0) process.exitCode = 1
    process.stdout.write(`${bug.what}: ${found.length === 0 ? 'NOT FOUND' : `found by ${found.join(', ')}`}\n`)
  }
}

// Hardhat's test task loads every file below test/.
if (process.argv[1] === fileURLToPath(import.meta.url)) plantAll(process.argv[2] ?? '')
