// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Dataset, ILineage, Model} from "./interfaces/ILineage.sol";

/// @title Lineage
contract Lineage is ILineage {
    /// @dev One slot, so that a reservation costs one write for the model and one for the collection.
    struct Cap {
        address registrant;
        uint48 reserved;
        uint48 cap;
    }

    mapping(bytes32 id => Dataset dataset) private _datasets;
    mapping(bytes32 id => Model model) private _models;
    mapping(bytes32 model => Cap cap) private _caps;
    mapping(bytes32 model => mapping(address collection => bool authorised)) private _authorised;
    mapping(bytes32 model => mapping(address collection => uint256 count)) private _reserved;

    /// @inheritdoc ILineage
    function registerDataset(Dataset calldata dataset) external returns (bytes32 id) {
        if (dataset.root == 0) revert EmptyField("root");
        if (dataset.items == 0) revert EmptyField("items");
        if (dataset.sharesRoot == 0) revert EmptyField("sharesRoot");
        if (bytes(dataset.licence).length == 0) revert EmptyField("licence");
        id = _datasetId(dataset);
        if (_datasets[id].root != 0) revert AlreadyRegistered(id);

        _datasets[id] = dataset;
        emit DatasetRegistered(
            id,
            msg.sender,
            dataset.root,
            dataset.items,
            dataset.sharesRoot,
            dataset.licence,
            dataset.uri
        );
    }

    /// @inheritdoc ILineage
    function registerModel(Model calldata model) external returns (bytes32 id) {
        if (model.bundleDigest == 0) revert EmptyField("bundleDigest");
        if (model.recipeDigest == 0) revert EmptyField("recipeDigest");
        if (model.cap == 0) revert EmptyField("cap");
        if (bytes(model.licence).length == 0) revert EmptyField("licence");
        if (_datasets[model.dataset].root == 0) revert UnknownDataset(model.dataset);
        if (model.parent != 0 && !isModel(model.parent)) revert UnknownModel(model.parent);
        id = _modelId(model, msg.sender);
        if (isModel(id)) revert AlreadyRegistered(id);

        _models[id] = model;
        _caps[id] = Cap({registrant: msg.sender, reserved: 0, cap: model.cap});
        _announceModel(id, model);
    }

    /// @inheritdoc ILineage
    function setAuthorised(bytes32 model, address collection, bool authorised) external {
        address registrant = _caps[model].registrant;
        if (registrant == address(0)) revert UnknownModel(model);
        if (registrant != msg.sender) revert NotRegistrant(model, msg.sender, registrant);
        _authorised[model][collection] = authorised;
        emit CollectionAuthorised(model, collection, authorised);
    }

    /// @inheritdoc ILineage
    function reserve(bytes32 model, uint256 count) external {
        Cap storage cap = _caps[model];
        if (cap.registrant == address(0)) revert UnknownModel(model);
        if (!_authorised[model][msg.sender]) revert NotAuthorised(model, msg.sender);
        uint256 free = cap.cap - cap.reserved;
        if (count > free) revert CapExceeded(model, free, count);

        // count <= free <= cap, which is a uint48.
        cap.reserved += uint48(count);
        _reserved[model][msg.sender] += count;
        emit TokensReserved(model, msg.sender, count, cap.reserved);
    }

    /// @inheritdoc ILineage
    function release(bytes32 model, uint256 count) external {
        uint256 held = _reserved[model][msg.sender];
        if (count > held) revert NotReserved(model, held, count);

        Cap storage cap = _caps[model];
        // What a collection holds is part of what is reserved: count <= held <= reserved, a uint48.
        cap.reserved -= uint48(count);
        _reserved[model][msg.sender] = held - count;
        emit TokensReleased(model, msg.sender, count, cap.reserved);
    }

    /// @inheritdoc ILineage
    function datasetOf(bytes32 id) external view returns (Dataset memory) {
        if (!isDataset(id)) revert UnknownDataset(id);
        return _datasets[id];
    }

    /// @inheritdoc ILineage
    function modelOf(bytes32 id) external view returns (Model memory) {
        if (!isModel(id)) revert UnknownModel(id);
        return _models[id];
    }

    /// @inheritdoc ILineage
    function registrantOf(bytes32 model) external view returns (address) {
        return _caps[model].registrant;
    }

    /// @inheritdoc ILineage
    function datasetOfModel(bytes32 model) external view returns (bytes32) {
        if (!isModel(model)) revert UnknownModel(model);
        return _models[model].dataset;
    }

    /// @inheritdoc ILineage
    function sharesRootOf(bytes32 id) external view returns (bytes32) {
        if (isDataset(id)) return _datasets[id].sharesRoot;
        Model storage model = _models[id];
        // For an id that is nobody's, the dataset is zero, and so are its shares.
        return model.sharesRoot != 0 ? model.sharesRoot : _datasets[model.dataset].sharesRoot;
    }

    /// @inheritdoc ILineage
    function isAuthorised(bytes32 model, address collection) external view returns (bool) {
        return _authorised[model][collection];
    }

    /// @inheritdoc ILineage
    function reservedOf(bytes32 model) external view returns (uint256) {
        return _caps[model].reserved;
    }

    /// @inheritdoc ILineage
    function reservedBy(bytes32 model, address collection) external view returns (uint256) {
        return _reserved[model][collection];
    }

    /// @inheritdoc ILineage
    function datasetId(Dataset calldata dataset) external pure returns (bytes32) {
        return _datasetId(dataset);
    }

    /// @inheritdoc ILineage
    function modelId(Model calldata model, address registrant) external pure returns (bytes32) {
        return _modelId(model, registrant);
    }

    /// @inheritdoc ILineage
    function isDataset(bytes32 id) public view returns (bool) {
        return _datasets[id].root != 0;
    }

    /// @inheritdoc ILineage
    function isModel(bytes32 id) public view returns (bool) {
        return _caps[id].registrant != address(0);
    }

    function _announceModel(bytes32 id, Model calldata model) private {
        emit ModelRegistered(
            id,
            msg.sender,
            model.dataset,
            model.bundleDigest,
            model.recipeDigest,
            model.parent,
            model.sharesRoot,
            model.cap,
            model.licence,
            model.uri
        );
    }

    function _datasetId(Dataset calldata dataset) private pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    dataset.root,
                    dataset.items,
                    dataset.sharesRoot,
                    keccak256(bytes(dataset.licence)),
                    keccak256(bytes(dataset.uri))
                )
            );
    }

    function _modelId(Model calldata model, address registrant) private pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    model.bundleDigest,
                    model.recipeDigest,
                    model.dataset,
                    model.parent,
                    model.sharesRoot,
                    model.cap,
                    keccak256(bytes(model.licence)),
                    keccak256(bytes(model.uri)),
                    registrant
                )
            );
    }
}
