import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Has the compiler's SMTChecker prove what ArithmeticProofs.sol asserts, with the z3 of this machine; fails when one of
// the assertions, overflows or divisions is not proven. Run: node test/contracts/proofs.ts

/** Bounded model checking for single steps, which are multiplications; Horn clauses for sequences of calls. */
const PROOFS = [
  ['PriceProof', 'bmc'],
  ['SharesProof', 'bmc'],
  ['BooksProof', 'bmc'],
  ['CumulativeProof', 'chc'],
] as const

const SOURCE = 'test/contracts/ArithmeticProofs.sol'
const SAFE = /(?:Assertion violation|Overflow|Underflow|Division by zero).* is safe!/
const root = fileURLToPath(new URL('../..', import.meta.url))

interface Diagnostic {
  readonly errorCode: string
  readonly severity: 'error' | 'warning' | 'info'
  readonly message: string
  readonly formattedMessage: string
}

interface Callbacks {
  readonly import: (path: string) => { readonly contents: string }
  readonly smtSolver: (query: string) => { readonly contents: string }
}

interface Solc {
  readonly compile: (input: string, callbacks: Callbacks) => string
}

const solc = createRequire(import.meta.url)('solc') as Solc

/** z3's answer to a query; it exits with 1 when it is asked for a model of what has none. */
function solve(folder: string, query: string): string {
  const file = join(folder, 'query.smt2')
  writeFileSync(file, query)
  const spacer = ['rewriter.pull_cheap_ite=true', 'fp.spacer.q3.use_qgen=true', 'fp.spacer.mbqi=false']
  try {
    return execFileSync('z3', ['-T:120', ...spacer, 'fp.spacer.ground_pobs=false', file], { encoding: 'utf8' })
  } catch (error) {
    return String((error as { readonly stdout?: unknown }).stdout)
  }
}

function read(path: string): string {
  const file = /^(?:contracts|test)\//.test(path) ? path : join('node_modules', path)
  return readFileSync(join(root, file), 'utf8')
}

/** What the compiler says of one contract's assertions. */
function check(contract: string, engine: string, folder: string): readonly Diagnostic[] {
  const modelChecker = {
    engine,
    solvers: ['smtlib2'],
    showProvedSafe: true,
    showUnproved: true,
    targets: ['assert', 'overflow', 'underflow', 'divByZero'],
    contracts: { [SOURCE]: [contract] },
  }
  const input = {
    language: 'Solidity',
    sources: { [SOURCE]: { content: read(SOURCE) } },
    settings: { modelChecker, outputSelection: {} },
  }
  const output = solc.compile(JSON.stringify(input), {
    import: (path) => ({ contents: read(path) }),
    smtSolver: (query) => ({ contents: solve(folder, query) }),
  })
  return (JSON.parse(output) as { readonly errors?: readonly Diagnostic[] }).errors ?? []
}

function proveAll(): void {
  try {
    execFileSync('z3', ['--version'], { stdio: 'pipe' })
  } catch {
    process.stderr.write('z3 is missing: nothing was proven. Debian has it (apt-get install z3).\n')
    process.exitCode = 1
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'proofs-'))
  for (const [contract, engine] of PROOFS) {
    const said = check(contract, engine, folder)
    const proven = said.filter(({ message }) => SAFE.test(message)).length
    // 3993: the engine for single steps is to be replaced by the other one, which does not get through these.
    const open = said.filter(({ severity, errorCode }) => severity !== 'info' && errorCode !== '3993')
    for (const { formattedMessage } of open) process.stderr.write(formattedMessage)
    process.stdout.write(`${contract}: ${proven} proven, ${open.length} not\n`)
    if (proven === 0 || open.length > 0) process.exitCode = 1
  }
  rmSync(folder, { recursive: true })
}

// Hardhat's test task loads every file below test/.
if (process.argv[1] === fileURLToPath(import.meta.url)) proveAll()
