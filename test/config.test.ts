import { expect } from 'chai'
import { readConfig } from '../minter/config.ts'

const SERVICE = {
  name: 'one',
  endpoint: 'https://api.example.org/psa',
  token: 'open sesame',
  gateway: 'https://gw.example.org',
}

function complaint(variables: Readonly<Record<string, string>>): string {
  try {
    readConfig(variables)
    return ''
  } catch (error) {
    return String(error)
  }
}

describe('minter/config readConfig', () => {
  it('reads pinning services from a JSON list', () => {
    expect(readConfig({ LATENTMINT_PINNING: JSON.stringify([SERVICE]) }).pinning).to.deep.equal([SERVICE])
    expect(readConfig({}).pinning).to.deep.equal([])
  })

  it('says which field of which service is wrong, and never repeats a token', () => {
    const cases = [
      [JSON.stringify([{ ...SERVICE, endpoint: 'ftp://api' }]), '0.endpoint'],
      [JSON.stringify([SERVICE, { ...SERVICE, name: 'kubo' }]), '1.name'],
      [JSON.stringify([SERVICE, SERVICE]), 'two have one name'],
      [`[{"name":"one","token":"open sesame"`, 'all of it'],
    ] as const
    for (const [text, words] of cases) {
      const said = complaint({ LATENTMINT_PINNING: text })
      expect(said).to.include('LATENTMINT_PINNING').and.include(words)
      expect(said).not.to.include('sesame')
    }
  })

  it('wants a secret for a webhook, long enough to be one', () => {
    const url = 'https://studio.example.org/hook'
    expect(complaint({ LATENTMINT_WEBHOOK: url })).to.include('LATENTMINT_WEBHOOK_SECRET')
    expect(complaint({ LATENTMINT_WEBHOOK: url, LATENTMINT_WEBHOOK_SECRET: 'short' })).to.include('16 characters')
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
    const { webhook } = readConfig({ LATENTMINT_WEBHOOK: url, LATENTMINT_WEBHOOK_SECRET: secret })
    expect(webhook).to.deep.equal({ url, secret })
  })
})
