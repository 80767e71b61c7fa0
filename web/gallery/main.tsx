import { render } from 'preact'
import { discoverWallets } from '../wallet/store.ts'
import { WalletCorner } from '../wallet/wallet-corner.tsx'
import { takeEmbeddedAnswers } from './api.ts'
import { DropPage } from './drop-page.tsx'
import { HomePage } from './home-page.tsx'
import { PiecePage } from './piece-page.tsx'
import { followLink, usePlace } from './router.ts'

function Gallery() {
  const place = usePlace()
  return (
    <div onClick={followLink}>
      <a class="skip" href="#main">
        To the pictures
      </a>
      <header class="top">
        <a class="wordmark" href="/">
          latentmint
        </a>
        <nav aria-label="Site">
          <a href="/verify">Verify</a>
          <WalletCorner />
        </nav>
      </header>
      <main id="main" tabIndex={-1}>
        {place.page === 'home' && <HomePage />}
        {place.page === 'drop' && <DropPage key={place.drop} drop={place.drop} />}
        {place.page === 'piece' && (
          <PiecePage key={`${place.drop}/${place.rank}`} drop={place.drop} rank={place.rank} />
        )}
      </main>
      <footer class="bottom">
        <p>
          Every picture here was made by a neural network. Which ones are shown was decided by a rule that was published
          before any of them existed, and <a href="/verify">you can check it</a>.
        </p>
        <p>
          <a href="/api">API</a>
        </p>
      </footer>
    </div>
  )
}

const page = document.querySelector('#page')
takeEmbeddedAnswers()
if (page !== null) {
  // What the server wrote for who runs no scripts says the same; now it comes alive.
  page.replaceChildren()
  render(<Gallery />, page)
}
discoverWallets()
