import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HARDHAT, inCopy } from './copied-tree.ts'

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
  {
    what: 'a batch counts as one against the wallet limit',
    file: 'contracts/Drop.sol',
    good: '_setAux(wallet, uint224(aux + (count << offset)));',
    bad: '_setAux(wallet, uint224(aux + (1 << offset)));',
  },
  {
    what: 'the score is not held against the bar',
    file: 'contracts/Drop.sol',
    good: 'if (facts.score() < head.minScore()) revert BelowThreshold("score", facts.score(), head.minScore());',
    bad: '',
  },
  {
    what: 'a commitment can be replaced',
    file: 'contracts/libraries/DropStages.sol',
    good: 'Head head = ledger.requireState(drop, DropState.Drawn);',
    bad: 'Head head = ledger.heads[drop];',
  },
  {
    what: 'a revoked attestation still stands',
    file: 'contracts/libraries/DropAttestations.sol',
    good: 'ledger.standing[drop][tokenId] -= 1;',
    bad: '',
  },
  {
    what: 'a token that keeps a fee is credited in full',
    file: 'contracts/Attribution.sol',
    good: '_credit(id, asset, asset.balanceOf(address(this)) - before);',
    bad: '_credit(id, asset, amount + 0 * before);',
  },
  {
    what: 'a share is rounded up',
    file: 'contracts/Attribution.sol',
    good: 'return Math.mulDiv(_totals[id][asset], shares, SumTree.TOTAL);',
    bad: 'return Math.mulDiv(_totals[id][asset], shares, SumTree.TOTAL, Math.Rounding.Ceil);',
  },
  {
    what: 'anyone can burn a token for its refund',
    file: 'contracts/Drop.sol',
    good: '_burn(msg.sender, tokenId);',
    bad: '_burn(tokenId);',
  },
]

function plant(bug: Bug, copy: string): void {
  const file = join(copy, bug.file)
  const source = readFileSync(file, 'utf8')
  if (source.split(bug.good).length !== 2) throw new Error(`${bug.file} has not exactly one "${bug.good}"`)
  writeFileSync(file, source.replace(bug.good, bug.bad))
}

/** The invariants that fell, by name; empty when the bug went unnoticed. */
function fallen(copy: string): readonly string[] {
  try {
    execFileSync(process.execPath, [HARDHAT, 'test', 'solidity'], { cwd: copy, stdio: 'pipe' })
    return []
  } catch (error) {
    const output = String((error as { readonly stdout?: unknown }).stdout)
    const names = [...output.matchAll(/\d+\) (?:\w+#)?(invariant_\w+)/g)].map(([, name]) => name ?? '')
    // What cannot even begin finds nothing.
    if (names.length === 0 || output.includes('failed to set up')) throw new Error(output, { cause: error })
    return [...new Set(names)]
  }
}

function plantAll(part: string): void {
  for (const bug of BUGS.filter(({ what }) => what.includes(part))) {
    const found = inCopy((copy) => {
      plant(bug, copy)
      return fallen(copy)
    })
    if (found.length === 0) process.exitCode = 1
    process.stdout.write(`${bug.what}: ${found.length === 0 ? 'NOT FOUND' : `found by ${found.join(', ')}`}\n`)
  }
}

// Hardhat's test task loads every file below test/.
if (process.argv[1] === fileURLToPath(import.meta.url)) plantAll(process.argv[2] ?? '')
