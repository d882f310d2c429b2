internal import Exporting

extension ExportFailure {
  /// The message to a user, with the command that mends it; without the path.
  var message: String {
    switch self {
    case .corrupt(let cache, isMovedAside: false): "\(description): run \(repairCommand(for: cache)), then again"
    case .corruptBelow: "\(description): a run without --frozen compiles the module into your own cache"
    case .busy: "\(description): end that, or raise --timeout to wait longer"
    case .corrupt(_, isMovedAside: true), .cache, .output, .directory: description
    }
  }
}

extension ExportCollision {
  /// The message to a user, with the option that mends it; without the name.
  var message: String {
    let place = description(printing: { $0.printable })
    return "\(place): give each its own --output, or name a directory above them"
  }
}

extension UnnamableInDepfile {
  /// The message to a user, with the option that mends it; without the path.
  var message: String { "\(description): rename it, or use --exclude" }
}
