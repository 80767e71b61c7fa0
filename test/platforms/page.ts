// A page that answers what its server asks, and sends the answers back: no driver is needed, any browser will do.
import { answer, type Question } from './answers.ts'

async function read(path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(path)).arrayBuffer())
}

async function answerServer(): Promise<unknown> {
  const question: Pick<Question, 'recipe' | 'seeds'> = JSON.parse(await (await fetch('/question')).text())
  const answers = await answer({ ...question, bundle: await read('/bundle'), wasm: await read('/wasm') })
  return { browser: navigator.userAgent, answers }
}

async function send(reply: unknown): Promise<void> {
  await fetch('/reply', { method: 'POST', body: JSON.stringify(reply) })
}

answerServer().then(send, (error: unknown) => send({ failure: String(error) }))
