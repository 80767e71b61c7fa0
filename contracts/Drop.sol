// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {ERC721Utils} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Utils.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ERC721} from "solady/src/tokens/ERC721.sol";
import {DropStorage} from "./DropStorage.sol";
import {DropInfo, DropState, MintOrder, Phase, PhaseKind, Piece, Provenance, Voucher} from "./interfaces/DropTypes.sol";
import {IAttribution} from "./interfaces/IAttribution.sol";
import {IDropSale} from "./interfaces/IDropSale.sol";
import {ILineage} from "./interfaces/ILineage.sol";
import {DropLedger, Ledger} from "./libraries/DropLedger.sol";
import {DropStages} from "./libraries/DropStages.sol";
import {DropViews} from "./libraries/DropViews.sol";
import {FactsLib} from "./libraries/FactsLib.sol";
import {Head} from "./libraries/Head.sol";
import {Payment} from "./libraries/Payment.sol";
import {RankTree} from "./libraries/RankTree.sol";
import {Terms} from "./libraries/Terms.sol";
import {VoucherLib} from "./libraries/VoucherLib.sol";

/// @title Drop
/// @notice The half of a collection that mints and is read. What it does not know itself, it has DropDesk do on its own
/// storage; that address is fixed in the code.
/// @dev Beside each owner stand 96 bits: the token's facts without reason and drop (64), and its price in units (32).
/// Beside each balance: the wallet's last drop (32 bits from bit 128) and how many it minted in each of its 8 phases (16
/// bits each). That is why the ERC-721 is solady's: OpenZeppelin's has no room in these words.
contract Drop is DropStorage, IDropSale, IERC2981, ERC721, EIP712, Proxy, Initializable, ReentrancyGuardTransient {
    using DropLedger for Ledger;
    using DropViews for Ledger;
    using FactsLib for uint256;
    using VoucherLib for Voucher;

    bytes4 private constant _ERC4906_ID = 0x49064906;
    bytes4 private constant _ERC7496_ID = 0xaf332f3e;
    bytes4 private constant _ERC7572_ID = 0xe8a3d485;

    address private immutable _desk;
    ILineage private immutable _lineage;
    IAttribution private immutable _attribution;

    constructor(address desk, ILineage registry, IAttribution payouts) EIP712("latentmint Drop", "1") {
        _desk = desk;
        _lineage = registry;
        _attribution = payouts;
        // What the clones run is no collection itself.
        _disableInitializers();
    }

    /// @dev What is sent along with nothing would be stuck.
    receive() external payable {
        revert ValueNotAccepted();
    }

    /// @inheritdoc IDropSale
    function mintPublic(MintOrder calldata order, Piece[] calldata pieces) external payable nonReentrant {
        (Head head, Terms terms) = _openPhase(order.drop, order.phase, PhaseKind.Public);
        _count(order.drop, order.phase, msg.sender, pieces.length, _limitOf(terms));
        _mintAll(order, head, pieces, terms.unitsAt(block.timestamp));
    }

    /// @inheritdoc IDropSale
    function mintAllowlist(
        MintOrder calldata order,
        uint256 limit,
        uint256 priceWei,
        bytes32[] calldata allowlistProof,
        Piece[] calldata pieces
    ) external payable nonReentrant {
        (Head head, Terms terms) = _openPhase(order.drop, order.phase, PhaseKind.Allowlist);
        _requireListed(DropLedger.phaseKey(order.drop, order.phase), limit, priceWei, allowlistProof);
        _count(order.drop, order.phase, msg.sender, pieces.length, Math.min(limit, _limitOf(terms)));
        _mintAll(order, head, pieces, _unitsOf(priceWei, terms));
    }

    /// @inheritdoc IDropSale
    function mintVoucher(
        Voucher calldata voucher,
        bytes calldata signature,
        Piece calldata piece,
        address recipient,
        bool safe
    ) external payable nonReentrant {
        (Head head, Terms terms) = _openPhase(voucher.drop, voucher.phase, PhaseKind.Voucher);
        if (block.timestamp > voucher.deadline) revert VoucherExpired(voucher.deadline);
        if (piece.rank != voucher.rank) revert VoucherForAnotherRank(piece.rank, voucher.rank);
        if (recipient != voucher.to && msg.sender != voucher.to) revert NotVoucherHolder(msg.sender, voucher.to);
        _requireSigned(voucher, signature);
        _count(voucher.drop, voucher.phase, voucher.to, 1, _limitOf(terms));

        uint256 units = _unitsOf(voucher.priceWei, terms);
        _mintPiece(voucher.drop, recipient, head, _ledger.roots[voucher.drop], piece, units);
        _ledger.heads[voucher.drop] = head.plusSales(1, units);
        _giveChange(units * DropLedger.UNIT);
        if (safe) _askReceiver(recipient, voucher.drop, piece.rank);
    }

    /// @inheritdoc IDropSale
    function refund(uint256 tokenId) external nonReentrant {
        uint256 drop = tokenId >> 16;
        Head head = _ledger.requireState(drop, DropState.Void);
        address owner = ownerOf(tokenId);
        uint256 units = _getExtraData(tokenId) >> 64;

        // Burnt first: the payment hands control to the owner.
        _burn(msg.sender, tokenId);
        // Each token's price is part of the proceeds, and is taken out once, with its token.
        _ledger.heads[drop] = head.minusProceeds(units);
        emit Refunded(tokenId, owner, units * DropLedger.UNIT);
        Payment.pay(owner, units * DropLedger.UNIT);
    }

    /// @inheritdoc IDropSale
    function dropCount() external view returns (uint256) {
        return _ledger.count;
    }

    /// @inheritdoc IDropSale
    function dropOf(uint256 drop) external view returns (DropInfo memory) {
        return _ledger.infoOf(drop);
    }

    /// @inheritdoc IDropSale
    function phasesOf(uint256 drop) external view returns (Phase[] memory) {
        return _ledger.phasesOf(drop);
    }

    /// @inheritdoc IDropSale
    function currentPrice(uint256 drop, uint256 phase) external view returns (uint256) {
        uint256 phases = _ledger.heads[drop].phases();
        if (phase >= phases) revert UnknownPhase(phase, phases);
        Terms terms = _ledger.phases[DropLedger.phaseKey(drop, phase)];
        return terms.unitsAt(block.timestamp) * DropLedger.UNIT;
    }

    /// @inheritdoc IDropSale
    function walletCount(uint256 drop, uint256 phase, address wallet) external view returns (uint256) {
        uint256 aux = _getAux(wallet);
        return phase < DropStages.MAX_PHASES && aux >> 128 == drop ? (aux >> (16 * phase)) & 0xffff : 0;
    }

    /// @inheritdoc IDropSale
    function isMinted(uint256 drop, uint256 rank) external view returns (bool) {
        return rank < _ledger.heads[drop].size() && _exists((drop << 16) | rank);
    }

    /// @inheritdoc IDropSale
    function mintedBitmap(uint256 drop, uint256 word) external view returns (uint256 bitmap) {
        // Behind the last rank begins the next drop.
        uint256 size = _ledger.heads[drop].size();
        for (uint256 i = 0; i < 256 && 256 * word + i < size; ++i) {
            if (_exists((drop << 16) | (256 * word + i))) bitmap |= 1 << i;
        }
    }

    /// @inheritdoc IDropSale
    function seedOf(uint256 drop, uint256 index) external view returns (bytes32) {
        return _ledger.seedOf(drop, index);
    }

    /// @inheritdoc IDropSale
    function provenanceOf(uint256 tokenId) external view returns (Provenance memory) {
        return _ledger.provenanceOf(tokenId, _factsOf(tokenId), _lineage);
    }

    /// @inheritdoc IDropSale
    function rankKey(uint256 drop, uint256 facts) external view returns (uint256) {
        return facts.rankKey(_ledger.rankingOf(drop));
    }

    /// @inheritdoc IDropSale
    function isCommitted(uint256 drop, Piece calldata piece) external view returns (bool) {
        return _ledger.isCommitted(drop, piece);
    }

    /// @inheritdoc IDropSale
    function verify(bytes calldata prompt, bytes calldata aigcData, bytes calldata proof) external view returns (bool) {
        (uint256 drop, Piece memory piece) = abi.decode(proof, (uint256, Piece));
        bytes32 seed = _ledger.seedOf(drop, piece.facts.index());
        return
            keccak256(prompt) == keccak256(abi.encode(seed)) &&
            keccak256(aigcData) == keccak256(abi.encode(piece.artifactDigest)) &&
            // From outside, so that the piece is calldata again, as the tree reads it.
            this.isCommitted(drop, piece);
    }

    /// @inheritdoc IDropSale
    function contractURI() external view returns (string memory) {
        return _ledger.contractURI();
    }

    /// @inheritdoc IDropSale
    function getTraitValue(uint256 tokenId, bytes32 traitKey) external view returns (bytes32) {
        return _ledger.traitOf(tokenId, _factsOf(tokenId), traitKey);
    }

    /// @inheritdoc IDropSale
    function getTraitValues(
        uint256 tokenId,
        bytes32[] calldata traitKeys
    ) external view returns (bytes32[] memory values) {
        uint256 facts = _factsOf(tokenId);
        values = new bytes32[](traitKeys.length);
        for (uint256 i = 0; i < values.length; ++i) values[i] = _ledger.traitOf(tokenId, facts, traitKeys[i]);
    }

    /// @inheritdoc IERC2981
    function royaltyInfo(uint256 tokenId, uint256 salePrice) external view returns (address, uint256) {
        uint256 drop = tokenId >> 16;
        // Some marketplaces ask once, about any number. The port of no model would keep what it is paid for ever.
        if (drop == 0 || drop > _ledger.count) drop = _ledger.count;
        if (drop == 0) return (address(0), 0);
        bytes32 model = _ledger.records[drop].model;
        return (_attribution.portOf(model), Math.mulDiv(salePrice, _royaltyBps, 10_000));
    }

    /// @inheritdoc IDropSale
    function lineage() external view returns (ILineage) {
        return _lineage;
    }

    /// @inheritdoc IDropSale
    function attribution() external view returns (IAttribution) {
        return _attribution;
    }

    /// @inheritdoc IDropSale
    function setTrait(uint256, bytes32, bytes32) external pure {
        revert TraitsAreFrozen();
    }

    /// @inheritdoc IDropSale
    function getTraitMetadataURI() external pure returns (string memory) {
        return DropViews.traitMetadata();
    }

    /// @dev solady's takes value, which nobody could ever take out again.
    function approve(address account, uint256 tokenId) public payable override {
        _refuseValue();
        super.approve(account, tokenId);
    }

    /// @dev solady's takes value, which nobody could ever take out again. Both safeTransferFrom come through here.
    function transferFrom(address from, address to, uint256 tokenId) public payable override {
        _refuseValue();
        super.transferFrom(from, to, tokenId);
    }

    function name() public view override returns (string memory) {
        return _name;
    }

    function symbol() public view override returns (string memory) {
        return _symbol;
    }

    /// @notice In the directory that was committed with the drop, so it can never change.
    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        _requireExists(tokenId);
        return _ledger.tokenURI(tokenId);
    }

    function supportsInterface(bytes4 interfaceId) public view override(ERC721, IERC165) returns (bool) {
        return
            interfaceId == type(IERC2981).interfaceId ||
            interfaceId == type(IAccessControl).interfaceId ||
            interfaceId == type(IAccessControlDefaultAdminRules).interfaceId ||
            interfaceId == _ERC4906_ID ||
            interfaceId == _ERC7496_ID ||
            interfaceId == _ERC7572_ID ||
            super.supportsInterface(interfaceId);
    }

    /// @dev Whatever is not declared here: see IDropDesk and DropAccess.
    function _implementation() internal view override returns (address) {
        return _desk;
    }

    function _mintAll(MintOrder calldata order, Head head, Piece[] calldata pieces, uint256 units) private {
        if (pieces.length == 0) revert NothingOrdered();
        bytes32 root = _ledger.roots[order.drop];
        for (uint256 i = 0; i < pieces.length; ++i) {
            _mintPiece(order.drop, order.recipient, head, root, pieces[i], units);
        }
        _ledger.heads[order.drop] = head.plusSales(pieces.length, units);
        // Settled once, for all: a value counted again for each piece would sell the batch for the price of one.
        _giveChange(pieces.length * units * DropLedger.UNIT);
        if (!order.safe) return;
        for (uint256 i = 0; i < pieces.length; ++i) _askReceiver(order.recipient, order.drop, pieces[i].rank);
    }

    function _mintPiece(
        uint256 drop,
        address recipient,
        Head head,
        bytes32 root,
        Piece calldata piece,
        uint256 units
    ) private {
        (uint256 rank, uint256 facts) = (piece.rank, piece.facts);
        if (rank >= head.size()) revert RankNotForSale(rank, head.size());
        if (RankTree.rootOf(piece, head.depth()) != root) revert NotCommitted(drop, rank);
        _requireSellable(drop, rank, facts, head);
        bytes32 artifactDigest = piece.artifactDigest;
        if (artifactDigest == 0) revert NoArtifact(rank);
        uint256 tokenId = (drop << 16) | rank;
        if (_exists(tokenId)) revert TokenAlreadyExists();

        _ledger.artifacts[tokenId] = artifactDigest;
        // 64 bits of facts and a price of less than 2^32 units: 96 bits. The Transfer from zero is the one event: all else
        // about the token can be read from the collection, and a log of it would cost each collector 2,700 gas.
        _mintAndSetExtraDataUnchecked(recipient, tokenId, uint96(uint64(facts) | (units << 64)));
    }

    /// @param limit Tokens that the wallet may have in the phase, these included.
    function _count(uint256 drop, uint256 phase, address wallet, uint256 count, uint256 limit) private {
        uint256 aux = _getAux(wallet);
        // Counts of an earlier drop have no meaning any more: one drop at a time.
        if (aux >> 128 != drop) aux = drop << 128;
        // phase < 8 and had < 2^16; count is the length of an array in calldata, far below 2^64. The new count is at
        // most the limit, which has 16 bits, so it stays in its own field.
        unchecked {
            uint256 offset = phase << 4;
            uint256 has = ((aux >> offset) & 0xffff) + count;
            if (has > limit) revert WalletLimit(wallet, has, limit);
            _setAux(wallet, uint224(aux + (count << offset)));
        }
    }

    function _giveChange(uint256 dueWei) private {
        if (msg.value < dueWei) revert Underpaid(msg.value, dueWei);
        if (msg.value > dueWei) Payment.pay(msg.sender, msg.value - dueWei);
    }

    function _askReceiver(address recipient, uint256 drop, uint256 rank) private {
        ERC721Utils.checkOnERC721Received(msg.sender, address(0), recipient, (drop << 16) | rank, "");
    }

    function _refuseValue() private view {
        if (msg.value != 0) revert ValueNotAccepted();
    }

    function _openPhase(uint256 drop, uint256 phase, PhaseKind kind) private view returns (Head head, Terms terms) {
        head = _ledger.heads[drop];
        if (head.state() != DropState.Committed) revert WrongState(drop, head.state(), DropState.Committed);
        if (head.isHeld()) _refuseHeld(drop, head);
        if (block.timestamp < head.liveAt()) revert NotLive(block.timestamp, head.liveAt());
        if (phase >= head.phases()) revert UnknownPhase(phase, head.phases());
        terms = _ledger.phases[DropLedger.phaseKey(drop, phase)];
        if (terms.kind() != kind) revert WrongPhaseKind(kind, terms.kind());
        if (block.timestamp < terms.start() || block.timestamp >= terms.end())
            revert PhaseNotOpen(block.timestamp, terms.start(), terms.end());
    }

    function _requireListed(
        uint256 phaseKey,
        uint256 limit,
        uint256 priceWei,
        bytes32[] calldata allowlistProof
    ) private view {
        // Hashed twice, so that no inner node of the list's tree can be passed off as an entry.
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(msg.sender, limit, priceWei))));
        if (!MerkleProof.verifyCalldata(allowlistProof, _ledger.gates[phaseKey], leaf))
            revert NotAllowlisted(msg.sender);
    }

    function _requireSigned(Voucher calldata voucher, bytes calldata signature) private view {
        address signer = address(uint160(uint256(_ledger.gates[DropLedger.phaseKey(voucher.drop, voucher.phase)])));
        bytes32 digest = _hashTypedDataV4(voucher.structHash());
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature)) revert VoucherNotSigned(signer);
    }

    function _requireExists(uint256 tokenId) private view {
        if (!_exists(tokenId)) revert TokenDoesNotExist();
    }

    function _factsOf(uint256 tokenId) private view returns (uint256) {
        _requireExists(tokenId);
        return _getExtraData(tokenId);
    }

    function _requireSellable(uint256 drop, uint256 rank, uint256 facts, Head head) private pure {
        // Above the index stand the reason, which is to be zero, the drop, and bits that are never used.
        if (facts >> 64 != drop << 8) _refuse(drop, rank, facts);
        if (facts.score() < head.minScore()) revert BelowThreshold("score", facts.score(), head.minScore());
        if (facts.rarity() < head.minRarity()) revert BelowThreshold("rarity", facts.rarity(), head.minRarity());
        if (facts.demand() < head.minDemand()) revert BelowThreshold("demand", facts.demand(), head.minDemand());
    }

    function _refuseHeld(uint256 drop, Head head) private pure {
        if (head.paused()) revert SalesPaused(drop);
        revert QuestionsOpen(drop, head.questions());
    }

    function _refuse(uint256 drop, uint256 rank, uint256 facts) private pure {
        if (facts.reason() != 0) revert Rejected(rank, facts.reason());
        revert WrongDrop(facts >> 72, drop);
    }

    function _limitOf(Terms terms) private pure returns (uint256) {
        return terms.walletLimit() == 0 ? type(uint16).max : terms.walletLimit();
    }

    /// @dev A price that a list or a signer set: in units, and not below the floor, whoever holds the signer's key.
    function _unitsOf(uint256 priceWei, Terms terms) private pure returns (uint256 units) {
        units = priceWei / DropLedger.UNIT;
        if (priceWei % DropLedger.UNIT != 0 || units > type(uint32).max) revert PriceNotInUnits(priceWei);
        if (units < terms.endUnits()) revert BelowFloor(priceWei, terms.endUnits() * DropLedger.UNIT);
    }
}
