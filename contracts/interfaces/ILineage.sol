// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A training set as declared by whoever registered it.
/// @param root Merkle root over the files of the dataset manifest; see minter/domain/dataset-manifest.ts.
/// @param items How many files the manifest lists.
/// @param sharesRoot Commitment to the Merkle-sum tree of 1,000,000 shares of the contributors.
/// @param licence SPDX identifier, or the licence's address.
/// @param uri Where the manifest can be had, `ipfs://…`.
struct Dataset {
    bytes32 root;
    uint64 items;
    bytes32 sharesRoot;
    string licence;
    string uri;
}

/// @notice A trained model together with the recipe that turns its output into pieces.
/// @param bundleDigest sha-256 of the bundle file.
/// @param recipeDigest sha-256 of the recipe's canonical JSON.
/// @param dataset Id of a registered dataset.
/// @param parent Id of the registered model that this one was trained from; zero when there is none.
/// @param sharesRoot Shares of this model's own contributors; zero leaves everything to those of the dataset.
/// @param cap How many tokens may ever be made with it, over all collections; never zero.
/// @param licence SPDX identifier, or the licence's address.
/// @param uri Where the bundle can be had, `ipfs://…`.
struct Model {
    bytes32 bundleDigest;
    bytes32 recipeDigest;
    bytes32 dataset;
    bytes32 parent;
    bytes32 sharesRoot;
    uint48 cap;
    string licence;
    string uri;
}

/// @title Lineage: what was trained from what
/// @notice An append-only registry. Nothing in it can be changed or removed, by anyone.
interface ILineage {
    event DatasetRegistered(
        bytes32 indexed id,
        address indexed registrant,
        bytes32 root,
        uint64 items,
        bytes32 sharesRoot,
        string licence,
        string uri
    );
    event ModelRegistered(
        bytes32 indexed id,
        address indexed registrant,
        bytes32 indexed dataset,
        bytes32 bundleDigest,
        bytes32 recipeDigest,
        bytes32 parent,
        bytes32 sharesRoot,
        uint48 cap,
        string licence,
        string uri
    );
    event CollectionAuthorised(bytes32 indexed model, address indexed collection, bool authorised);
    event TokensReserved(bytes32 indexed model, address indexed collection, uint256 count, uint256 reserved);
    event TokensReleased(bytes32 indexed model, address indexed collection, uint256 count, uint256 reserved);

    /// @notice The content was registered before, under the same id.
    error AlreadyRegistered(bytes32 id);
    /// @notice No dataset has this id.
    error UnknownDataset(bytes32 id);
    /// @notice No model has this id.
    error UnknownModel(bytes32 id);
    /// @notice A field that must say something is empty.
    error EmptyField(bytes32 field);
    /// @notice Only the account that registered the model may say which collections use it.
    error NotRegistrant(bytes32 model, address had, address wanted);
    /// @notice The model's registrant has not admitted this collection.
    error NotAuthorised(bytes32 model, address collection);
    /// @notice More tokens than the model's lifetime cap leaves.
    error CapExceeded(bytes32 model, uint256 had, uint256 wanted);
    /// @notice A collection gives back more than it holds.
    error NotReserved(bytes32 model, uint256 had, uint256 wanted);

    /// @notice Records a dataset under the hash of its content.
    /// @return id See `datasetId`.
    function registerDataset(Dataset calldata dataset) external returns (bytes32 id);

    /// @notice Records a model; the caller becomes its registrant. Dataset and parent must be registered.
    /// @return id See `modelId`.
    function registerModel(Model calldata model) external returns (bytes32 id);

    /// @notice Lets a collection reserve tokens from the model's cap, or stops it from reserving more.
    function setAuthorised(bytes32 model, address collection, bool authorised) external;

    /// @notice Takes `count` tokens from the model's cap for the calling collection.
    function reserve(bytes32 model, uint256 count) external;

    /// @notice Gives back tokens that the calling collection reserved and will never mint.
    function release(bytes32 model, uint256 count) external;

    /// @notice A registered dataset; reverts with UnknownDataset.
    function datasetOf(bytes32 id) external view returns (Dataset memory);

    /// @notice A registered model; reverts with UnknownModel.
    function modelOf(bytes32 id) external view returns (Model memory);

    /// @notice Who registered the model; zero when there is no such model.
    function registrantOf(bytes32 model) external view returns (address);

    /// @notice The dataset a model was trained on; reverts with UnknownModel.
    function datasetOfModel(bytes32 model) external view returns (bytes32);

    /// @notice Whether the id names a dataset.
    function isDataset(bytes32 id) external view returns (bool);

    /// @notice Whether the id names a model.
    function isModel(bytes32 id) external view returns (bool);

    /// @notice The shares commitment of a dataset or a model (its own, else that of its dataset); zero when unknown.
    function sharesRootOf(bytes32 id) external view returns (bytes32);

    /// @notice Whether a collection may reserve from the model's cap.
    function isAuthorised(bytes32 model, address collection) external view returns (bool);

    /// @notice How many tokens of the model's cap are taken, over all collections.
    function reservedOf(bytes32 model) external view returns (uint256);

    /// @notice How many of them one collection holds.
    function reservedBy(bytes32 model, address collection) external view returns (uint256);

    /// @notice keccak256(abi.encode(root, items, sharesRoot, keccak256(licence), keccak256(uri))).
    /// @dev Twin: minter/domain/lineage.ts, held by test/vectors/commitment.json.
    function datasetId(Dataset calldata dataset) external pure returns (bytes32);

    /// @notice keccak256(abi.encode(bundleDigest, recipeDigest, dataset, parent, sharesRoot, cap, keccak256(licence),
    /// keccak256(uri), registrant)).
    /// @dev The registrant is part of it, so that nobody can take a model's cap by registering it first.
    /// Twin: minter/domain/lineage.ts, held by test/vectors/commitment.json.
    function modelId(Model calldata model, address registrant) external pure returns (bytes32);
}
