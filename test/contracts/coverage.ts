import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Branch, withBranches } from './branches.ts'
import { HARDHAT, inCopy } from './copied-tree.ts'

// Line and branch coverage of the contracts by the tests in this folder; fails below 98 % of either.
// Run: node test/contracts/coverage.ts [part of a test file's name]

const LEAST = 98

/** Hits by line, for each file. */
type Lines = ReadonlyMap<number, number>

function linesIn(lcov: string): ReadonlyMap<string, Lines> {
  return new Map(
    lcov.split('end_of_record').map((record) => {
      const file = /^SF:(.*)$/m.exec(record)?.[1] ?? ''
      const hits = [...record.matchAll(/^DA:(\d+),(\d+)/gm)].map(
        ([, line, count]) => [Number(line), Number(count)] as const,
      )
      return [file, new Map(hits)]
    }),
  )
}

function filesIn(root: string, folder: string, ending: string): readonly string[] {
  const names = readdirSync(join(root, folder)).toSorted()
  return names.filter((name) => name.endsWith(ending)).map((name) => `${folder}/${name}`)
}

/** Runs the tests over contracts in which every condition is a line. */
function measure(part: string): { readonly lines: ReadonlyMap<string, Lines>; readonly branches: readonly Branch[] } {
  return inCopy((copy) => {
    const files = ['contracts', 'contracts/libraries'].flatMap((folder) => filesIn(copy, folder, '.sol'))
    const sources = Object.fromEntries(files.map((file) => [file, readFileSync(join(copy, file), 'utf8')]))
    const { altered, branches } = withBranches(sources)
    for (const [file, content] of Object.entries(altered)) writeFileSync(join(copy, file), content)
    const config = readFileSync(join(copy, 'hardhat.config.ts'), 'utf8')
    // What is counted is larger than a contract may be.
    const unlimited = config.replace("hardfork: 'prague'", "hardfork: 'prague', allowUnlimitedContractSize: true")
    writeFileSync(join(copy, 'hardhat.config.ts'), unlimited)
    const tests = filesIn(copy, 'test/contracts', '.test.ts').filter((file) => file.includes(part))
    const flags = ['--coverage', '--no-typechain', 'test', 'mocha', ...tests]
    execFileSync(process.execPath, [HARDHAT, ...flags], { cwd: copy, stdio: 'inherit' })
    return { lines: linesIn(readFileSync(join(copy, 'coverage/lcov.info'), 'utf8')), branches }
  })
}

interface Row {
  readonly file: string
  readonly lines: readonly boolean[]
  readonly branches: readonly boolean[]
}

function percent(hits: readonly boolean[]): number {
  return hits.length === 0 ? 100 : (100 * hits.filter(Boolean).length) / hits.length
}

function show({ file, lines, branches }: Row): void {
  const cells = [lines, branches].map(
    (hits) => `${percent(hits).toFixed(2).padStart(7)} % of ${String(hits.length).padStart(3)}`,
  )
  process.stdout.write(`${file.padEnd(42)} lines ${cells[0]}   branches ${cells[1]}\n`)
}

function report(part: string): void {
  const { lines, branches } = measure(part)
  const outcomes = lines.get('contracts/Branches.sol') ?? new Map<number, number>()
  const taken = branches.map((_, i) => [5, 6].map((first) => (outcomes.get(3 * i + first) ?? 0) > 0))
  const rows = [...lines].flatMap(([file, hits]): readonly Row[] => {
    if (!/^contracts\/(libraries\/)?\w+\.sol$/.test(file) || file.endsWith('/Branches.sol')) return []
    const own = taken.filter((_, i) => branches[i]?.file === file).flat()
    return [{ file, lines: [...hits.values()].map((count) => count > 0), branches: own }]
  })
  const total = { file: 'all', lines: rows.flatMap((row) => row.lines), branches: rows.flatMap((row) => row.branches) }
  for (const row of [...rows, total]) show(row)
  for (const [i, { file, line, text }] of branches.entries()) {
    const missing = ['true', 'false'].filter((_, side) => taken[i]?.[side] === false)
    if (missing.length > 0) process.stdout.write(`${file}:${line}: never ${missing.join(' nor ')}: ${text}\n`)
  }
  for (const [file, hits] of lines) {
    const missed = [...hits].filter(([, count]) => count === 0).map(([line]) => line)
    if (missed.length > 0 && !file.endsWith('/Branches.sol'))
      process.stdout.write(`${file}: never ran ${missed.join(', ')}\n`)
  }
  if (percent(total.lines) < LEAST || percent(total.branches) < LEAST) process.exitCode = 1
}

// Hardhat's test task loads every file below test/.
if (process.argv[1] === fileURLToPath(import.meta.url)) report(process.argv[2] ?? '')
