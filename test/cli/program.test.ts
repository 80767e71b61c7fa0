import { expect } from 'chai'
import type { Command } from 'commander'
import { createProgram } from '../../minter/cli/program.ts'
import { createSession } from '../../minter/cli/session.ts'
import { readConfig } from '../../minter/config.ts'

/** The commands that do something, with their full names. */
function leaves(command: Command, name = ''): readonly (readonly [string, Command])[] {
  if (command.commands.length === 0) return [[name.trim(), command]]
  return command.commands.flatMap((child) => leaves(child, `${name} ${child.name()}`))
}

function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => void (text += part) })
  command.outputHelp()
  return text
}

describe('minter/cli/program createProgram', () => {
  const program = createProgram(createSession(readConfig({}), new AbortController().signal))

  it('has every command of the documentation', () => {
    const steps = [
      'announce',
      'draw',
      'render',
      'veto',
      'commit',
      'publish',
      'open',
      'answer',
      'close',
      'status',
      'run',
    ]
    expect(leaves(program).map(([name]) => name)).to.include.members([
      'demo',
      ...steps.map((step) => `drop ${step}`),
      'model export',
      'model inspect',
      'model import',
      'model verify',
      'render',
      'mix',
      'interpolate',
      'edit',
      'project',
      'train',
      'dataset build',
      'serve',
      'worker',
      'demand report',
      'propose',
      'audit-log',
      'audit token',
      'audit drop',
      'doctor',
    ])
  })

  for (const [name, command] of leaves(program)) {
    it(`shows an example with the help of ${name}`, () => {
      expect(helpOf(command)).to.match(new RegExp(`Examples?:\\n\\s+(\\S+=\\S+ )?latentmint ${name}`, 'u'))
    })
  }
})
