internal import LinuxIO
internal import SystemPackage

/// A configuration file's text, found and read.
struct ConfigurationFile {
  static let projectName = ".wasmprecompile.toml"
  private static let sizeLimit = 1_000_000

  let path: FilePath
  let text: [UInt8]

  /// Reads a file; nil if there is none.
  init?(at path: FilePath) throws(RunFailure) {
    do throws(Trouble) {
      text = try Self.read(path)
      self.path = path
    } catch {
      switch error {
      case .missing: return nil
      case .unreadable(let reason):
        throw RunFailure(status: .usage, message: "\(path.printable): cannot be read: \(reason)")
      }
    }
  }

  private enum Trouble: Error {
    case missing
    case unreadable(String)
  }

  private static func read(_ path: FilePath) throws(Trouble) -> [UInt8] {
    do throws(RegularFileError) {
      return try RegularFile(path).contents(limit: sizeLimit)
    } catch {
      switch error {
      case .notRegular: throw .unreadable("it is not a regular file")
      case .tooLarge: throw .unreadable("it is larger than 1 MB")
      case .changed: throw .unreadable("\(error)")
      case .system(let error):
        if [.noSuchFileOrDirectory, .notDirectory].contains(error.errno) { throw .missing }
        // A path below something that is no directory, or that may not be looked into, holds nothing for us.
        if [.permissionDenied, .tooManySymbolicLinkLevels].contains(error.errno),
          (try? Descriptor.status(of: path)) == nil
        {
          throw .missing
        }
        throw .unreadable("\(error)")
      }
    }
  }

  /// The project's file that lies nearest above a file or directory, or in the directory.
  static func nearest(to place: FilePath) throws(RunFailure) -> ConfigurationFile? {
    var directory = place.resolved ?? Environment.absolute(place)
    while true {
      if let file = try ConfigurationFile(at: directory.appending(projectName)) { return file }
      guard directory.removeLastComponent() else { return nil }
    }
  }
}
