// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Attribution} from "../../contracts/Attribution.sol";
import {Drop} from "../../contracts/Drop.sol";
import {DropDesk} from "../../contracts/DropDesk.sol";
import {DropFactory} from "../../contracts/DropFactory.sol";
import {
    Announcement,
    Attestation,
    CollectionTerms,
    DropInfo,
    DropState,
    MintOrder,
    Phase,
    PhaseKind,
    Piece,
    Provenance,
    Voucher
} from "../../contracts/interfaces/DropTypes.sol";
import {SumNode} from "../../contracts/interfaces/IAttribution.sol";
import {IDrop} from "../../contracts/interfaces/IDrop.sol";
import {Dataset, Model} from "../../contracts/interfaces/ILineage.sol";
import {Lineage} from "../../contracts/Lineage.sol";
import {Candidates} from "./Candidates.sol";
import {VM} from "./Vm.sol";

/// @notice Plays operator, collectors, challengers, auditors and contributors, in any order, and keeps its own books.
contract DropHandler is IERC1271 {
    uint256 public constant SIZE = 7;
    /// @dev The last rank of the seven is one point below.
    uint256 private constant _MIN_SCORE = 15;
    uint256 private constant _UNIT = 1e12;
    bytes32 private constant _SALT = "salt";
    address private constant _CHALLENGER = address(0xC4A1);

    Lineage public immutable lineage = new Lineage();
    Attribution public immutable attribution = new Attribution(lineage);
    IDrop public immutable drop;
    bytes32 public immutable model;

    address[3] public collectors = [address(0xA11CE), address(0xB0B), address(0xCA401)];

    /// @dev The books: what came in and went out of the collection, by kind.
    uint256 public paid;
    uint256 public refunded;
    uint256 public posted;
    uint256 public staked;
    uint256 public withdrawn;
    uint256 public forwarded;
    uint256 public mints;
    uint256 public burns;
    uint256 public attested;
    uint256 public revoked;

    /// @dev What must never happen.
    bool public wentBack;
    bool public changedTerms;
    bool public mintedTwice;
    bool public mintedBelowBar;
    bool public tokenIsAnother;
    bool public wrongRefund;
    bool public wrongChange;

    mapping(uint256 drop => mapping(uint256 phase => mapping(address wallet => uint256 count))) public counted;
    mapping(uint256 drop => mapping(uint256 rank => bool minted)) private _minted;
    mapping(uint256 drop => DropState state) private _lastState;
    mapping(uint256 drop => bytes32 digest) private _terms;
    mapping(uint256 drop => bytes32 digest) private _commitment;
    mapping(uint256 drop => bool swapped) private _isSwapped;
    uint256 private _askedDrop;
    uint256 private _askedRank;
    uint256 private _commits;

    constructor() {
        DropDesk desk = new DropDesk(lineage, attribution);
        DropFactory factory = new DropFactory(address(new Drop(address(desk), lineage, attribution)));
        address self = address(this);
        drop = IDrop(factory.createCollection(CollectionTerms("I", "I", self, self, self, self, 0), 0));

        bytes32 leaf = keccak256(abi.encode(self, uint256(1_000_000)));
        bytes32 sharesRoot = keccak256(abi.encode(leaf, uint256(1_000_000)));
        bytes32 dataset = lineage.registerDataset(Dataset("root", 1, sharesRoot, "CC0-1.0", ""));
        model = lineage.registerModel(Model("bundle", "recipe", dataset, 0, 0, 1_000, "CC0-1.0", ""));
        lineage.setAuthorised(model, address(drop), true);
    }

    receive() external payable {}

    modifier watched() {
        _;
        for (uint256 i = 1; i <= drop.dropCount(); ++i) _watch(i);
    }

    /// @notice A drop from nothing to its commit, or to the sale, so that sequences get to what comes after.
    function launch(uint96 bond, uint32 first, uint32 last, bool swapped, bool waits) external {
        announce(bond, first, last, swapped);
        draw(2);
        commit();
        if (waits) wait(1 hours);
    }

    function announce(uint96 bond, uint32 first, uint32 last, bool swapped) public watched {
        uint256 value = uint256(bond) + 1;
        VM.deal(address(this), value);
        if (last > first) (first, last) = (last, first);
        try drop.announce{value: value}(_announcement(first, last)) returns (uint256 number) {
            posted += value;
            _isSwapped[number] = swapped;
        } catch {}
    }

    function draw(uint8 blocks) public watched {
        uint256 number = drop.dropCount();
        uint256 seedBlock = drop.dropOf(number).seedBlock;
        VM.roll(block.number + blocks);
        VM.setBlockhash(seedBlock, keccak256(abi.encode(seedBlock)));
        try drop.draw(number, _SALT) {} catch {}
    }

    /// @notice With another directory every time, so that a second commit would show.
    function commit() public watched {
        uint256 number = drop.dropCount();
        bytes32 root = Candidates.root(number, _isSwapped[number]);
        try drop.commit(number, root, bytes32(++_commits), 0) {} catch {}
    }

    function mintPublic(uint8 rank, uint8 who, uint64 extra, bool two) external watched {
        uint256 number = drop.dropCount();
        if (number == 0) return;
        Piece[] memory pieces = _pieces(number, rank, two);
        uint256 price = drop.currentPrice(number, 0);
        (address wallet, uint256 due) = (collectors[who % 3], price * pieces.length);
        VM.deal(wallet, due + extra);
        VM.prank(wallet);
        try drop.mintPublic{value: due + extra}(MintOrder(number, 0, wallet, false), pieces) {
            for (uint256 i = 0; i < pieces.length; ++i) _book(number, pieces[i].rank, 0, wallet, price);
            if (wallet.balance != extra) wrongChange = true;
        } catch {}
    }

    /// @notice Collector i may have i + 1 tokens, for i units each.
    function mintListed(uint8 rank, uint8 who, bool two) external watched {
        uint256 number = drop.dropCount();
        Piece[] memory pieces = _pieces(number, rank, two);
        uint256 i = who % 3;
        (address wallet, uint256 price) = (collectors[i], i * _UNIT);
        VM.deal(wallet, price * pieces.length);
        MintOrder memory order = MintOrder(number, 1, wallet, false);
        bytes32[] memory proof = _listProof(i);
        VM.prank(wallet);
        try drop.mintAllowlist{value: price * pieces.length}(order, i + 1, price, proof, pieces) {
            for (uint256 j = 0; j < pieces.length; ++j) _book(number, pieces[j].rank, 1, wallet, price);
        } catch {}
    }

    function mintVouched(uint8 rank, uint8 who, uint16 units) external watched {
        uint256 number = drop.dropCount();
        address to = collectors[who % 3];
        uint256 price = units * _UNIT;
        Piece memory piece = _piece(number, rank);
        Voucher memory voucher = Voucher(to, number, 2, piece.rank, price, type(uint64).max);
        VM.deal(address(this), price);
        try drop.mintVoucher{value: price}(voucher, "", piece, to, false) {
            _book(number, piece.rank, 2, to, price);
        } catch {}
    }

    function transfer(uint8 number, uint8 rank, uint8 to) external watched {
        uint256 tokenId = _tokenId(number, rank);
        try drop.ownerOf(tokenId) returns (address owner) {
            VM.prank(owner);
            drop.transferFrom(owner, collectors[to % 3], tokenId);
        } catch {}
    }

    function refund(uint8 number, uint8 rank) external watched {
        uint256 tokenId = _tokenId(number, rank);
        try drop.ownerOf(tokenId) returns (address owner) {
            uint256 price = drop.provenanceOf(tokenId).priceWei;
            uint256 before = owner.balance;
            VM.prank(owner);
            try drop.refund(tokenId) {
                if (owner.balance - before != price) wrongRefund = true;
                refunded += price;
                ++burns;
            } catch {}
        } catch {}
    }

    function challenge(uint8 a, uint8 b, uint8 kind) external watched {
        uint256 number = drop.dropCount();
        (Piece memory one, Piece memory other) = (_piece(number, a), _piece(number, b));
        // Half of the challenges to a drop that is wrong are right.
        bool right = _isSwapped[number] && kind > 127;
        if (right) (one, other) = (_piece(number, 1), _piece(number, 0));
        VM.prank(_CHALLENGER);
        if (right) try drop.challengeOrder(number, one, other) {} catch {}
        else if (kind % 3 == 0) try drop.challengeTwice(number, one, other) {} catch {}
        else if (kind % 3 == 1) try drop.challengeOutOfRange(number, one) {} catch {}
        else try drop.challengeOrder(number, one, other) {} catch {}
    }

    function ask(uint8 rank) external watched {
        uint256 number = drop.dropCount();
        uint256 stake = drop.askStake(number);
        VM.deal(address(this), stake);
        try drop.ask{value: stake}(number, rank % Candidates.COUNT) {
            staked += stake;
            (_askedDrop, _askedRank) = (number, rank % Candidates.COUNT);
        } catch {}
    }

    function answer(uint8 rank, bool last) external watched {
        uint256 number = drop.dropCount();
        try drop.answer(number, _piece(number, last ? _askedRank : rank)) {} catch {}
    }

    /// @notice Of the last question; late enough, since it is the others that try to be early.
    function endQuestion(bool reclaim) external watched {
        if (reclaim) try drop.reclaimStake(_askedDrop, _askedRank) {} catch {}
        else {
            wait(1 hours + 1);
            try drop.voidUnanswered(_askedDrop, _askedRank) {} catch {}
        }
    }

    function voidEarly(uint8 rank) external watched {
        try drop.voidUnanswered(drop.dropCount(), rank % Candidates.COUNT) {} catch {}
    }

    function end(uint8 number, uint8 kind) external watched {
        uint256 chosen = number % (drop.dropCount() + 1);
        uint256 before = _attributed();
        if (kind % 4 == 0) try drop.abandon(chosen) {} catch {}
        else if (kind % 4 == 1) try drop.voidOverdue(chosen) {} catch {}
        else if (kind % 4 == 2) try drop.settle(chosen) {} catch {}
        else try drop.close(chosen) {} catch {}
        forwarded += _attributed() - before;
    }

    function withdraw(bool challenger) external watched {
        if (challenger) VM.prank(_CHALLENGER);
        try drop.withdrawCredit(address(0xFEED)) returns (uint256 amount) {
            withdrawn += amount;
        } catch {}
    }

    function pause(bool paused) external watched {
        try drop.setSalesPaused(drop.dropCount(), paused) {} catch {}
    }

    /// @notice About the first drop; the auditor is this contract, which signs whatever it is asked (ERC-1271).
    function attest(uint8 verdict, uint64 issuedAt) external watched {
        try drop.attest(Attestation(address(this), 1, 0, verdict, "report", issuedAt % 1000), "") {
            ++attested;
        } catch {}
    }

    function revoke(uint8 position) external watched {
        (uint256 recorded, ) = drop.attestationCount(1, 0);
        try drop.revokeAttestation(1, 0, position % (recorded + 1)) {
            ++revoked;
        } catch {}
    }

    function claim() external watched {
        SumNode[] memory none = new SumNode[](0);
        try attribution.claim(model, IERC20(address(0)), address(this), 1_000_000, 0, none) {} catch {}
    }

    function wait(uint32 time) public {
        VM.warp(block.timestamp + (time % 2 days));
        VM.roll(block.number + 1);
    }

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return IERC1271.isValidSignature.selector;
    }

    function _book(uint256 number, uint256 rank, uint256 phase, address wallet, uint256 price) private {
        paid += price;
        ++mints;
        ++counted[number][phase][wallet];
        if (_minted[number][rank]) mintedTwice = true;
        _minted[number][rank] = true;
        if (rank >= SIZE || 20 - rank < _MIN_SCORE) mintedBelowBar = true;
        Provenance memory found = drop.provenanceOf((number << 16) | rank);
        if (found.priceWei != price || found.artifactDigest != Candidates.artifactAt(rank)) tokenIsAnother = true;
        if (found.score != 20 - found.index || found.rank != rank || found.drop != number) tokenIsAnother = true;
    }

    function _watch(uint256 number) private {
        DropInfo memory info = drop.dropOf(number);
        if (info.state < _lastState[number]) wentBack = true;
        _lastState[number] = info.state;
        bytes32 digest = keccak256(
            abi.encode(info.model, info.policyDigest, info.saltHash, info.bondWei, info.seedBlock, info.salesEnd)
        );
        if (_terms[number] == 0) _terms[number] = digest;
        if (_terms[number] != digest) changedTerms = true;
        if (info.root == 0) return;
        digest = keccak256(abi.encode(info.masterSeed, info.root, info.directoryDigest, info.vetoDigest, info.liveAt));
        if (_commitment[number] == 0) _commitment[number] = digest;
        if (_commitment[number] != digest) changedTerms = true;
    }

    function _attributed() private view returns (uint256) {
        return attribution.totalOf(model, IERC20(address(0)));
    }

    function _announcement(uint32 first, uint32 last) private view returns (Announcement memory terms) {
        terms.model = model;
        terms.policyDigest = "policy";
        terms.saltHash = keccak256(abi.encode(_SALT));
        terms.candidates = uint16(Candidates.COUNT);
        terms.size = uint16(SIZE);
        terms.minScore = uint16(_MIN_SCORE);
        terms.weightScore = 1;
        terms.seedDelay = 1;
        terms.challengeWindow = 1 hours;
        terms.phases = new Phase[](3);
        uint40 start = uint40(block.timestamp);
        uint40 end = start + 3 days;
        (uint128 high, uint128 low) = (uint128(first * _UNIT), uint128(last * _UNIT));
        terms.phases[0] = Phase(PhaseKind.Public, start, end, 2, high, low, 0);
        terms.phases[1] = Phase(PhaseKind.Allowlist, start, end, 2, 0, 0, _listRoot());
        terms.phases[2] = Phase(PhaseKind.Voucher, start, end, 1, 0, 0, bytes32(uint256(uint160(address(this)))));
    }

    function _piece(uint256 number, uint256 rank) private view returns (Piece memory) {
        return Candidates.piece(number, rank % Candidates.COUNT, _isSwapped[number]);
    }

    function _pieces(uint256 number, uint256 rank, bool two) private view returns (Piece[] memory pieces) {
        pieces = new Piece[](two ? 2 : 1);
        for (uint256 i = 0; i < pieces.length; ++i) pieces[i] = _piece(number, rank + i);
    }

    function _tokenId(uint256 number, uint256 rank) private view returns (uint256) {
        return ((number % (drop.dropCount() + 1)) << 16) | (rank % Candidates.COUNT);
    }

    function _entry(uint256 i) private view returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(collectors[i], i + 1, i * _UNIT))));
    }

    function _listRoot() private view returns (bytes32) {
        return Hashes.commutativeKeccak256(Hashes.commutativeKeccak256(_entry(0), _entry(1)), _entry(2));
    }

    function _listProof(uint256 i) private view returns (bytes32[] memory proof) {
        proof = new bytes32[](i == 2 ? 1 : 2);
        proof[0] = i == 2 ? Hashes.commutativeKeccak256(_entry(0), _entry(1)) : _entry(1 - i);
        if (i != 2) proof[1] = _entry(2);
    }
}
