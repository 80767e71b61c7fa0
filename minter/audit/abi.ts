/** What the auditor asks of a collection; the fields stand in the order of DropInfo and Provenance in IDrop.sol. */
export const DROP_ABI = [
  'function lineage() view returns (address)',
  'function dropCount() view returns (uint256)',
  `function dropOf(uint256 drop) view returns (tuple(
    uint8 state, bool paused, bool settled, address bondHolder,
    bytes32 model, bytes32 policyDigest, bytes32 saltHash, bytes32 masterSeed, bytes32 root, bytes32 directoryDigest, bytes32 vetoDigest,
    uint16 candidates, uint16 size, uint16 minted,
    uint16 minScore, uint16 minRarity, uint16 minDemand, uint16 weightScore, uint16 weightRarity, uint16 weightDemand,
    uint8 phases, uint64 seedBlock, uint32 challengeWindow, uint40 liveAt, uint40 closableAt, uint40 commitUntil, uint40 salesEnd,
    uint16 questions, uint256 bondWei, uint256 proceedsWei))`,
  `function phasesOf(uint256 drop) view returns (tuple(
    uint8 kind, uint40 start, uint40 end, uint16 walletLimit, uint128 priceStart, uint128 priceEnd, bytes32 gate)[])`,
  'function mintedBitmap(uint256 drop, uint256 word) view returns (uint256)',
  `function provenanceOf(uint256 tokenId) view returns (tuple(
    uint256 drop, uint256 rank, uint256 index, uint256 score, uint256 rarity, uint256 demand, uint256 priceWei,
    bytes32 seed, bytes32 masterSeed, bytes32 model, bytes32 dataset, bytes32 bundleDigest, bytes32 recipeDigest, bytes32 policyDigest,
    bytes32 root, bytes32 artifactDigest, bytes32 directoryDigest))`,
  'function ownerOf(uint256 tokenId) view returns (address)',
  'event SeedDrawn(uint256 indexed drop, bytes32 masterSeed, bytes32 beacon, bytes32 salt)',
] as const

/** What the auditor asks of the registry; in the order of Model and Dataset in ILineage.sol. */
export const LINEAGE_ABI = [
  `function modelOf(bytes32 id) view returns (tuple(
    bytes32 bundleDigest, bytes32 recipeDigest, bytes32 dataset, bytes32 parent, bytes32 sharesRoot, uint48 cap, string licence, string uri))`,
  'function registrantOf(bytes32 model) view returns (address)',
  `function datasetOf(bytes32 id) view returns (tuple(
    bytes32 root, uint64 items, bytes32 sharesRoot, string licence, string uri))`,
] as const
