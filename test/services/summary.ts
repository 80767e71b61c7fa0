import { summary } from './peers.ts'

/** Loaded by mocha before the tests: says at the end what ran, and what did not. */
export const mochaHooks = {
  afterAll(): void {
    process.stdout.write(`\n  ${summary()}\n`)
  },
}
