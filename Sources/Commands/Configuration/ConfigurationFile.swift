internal import Glibc
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
    let kind: FileKind
    let text: [UInt8]
    do throws(SystemError) {
      let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
      kind = try file.status().kind
      text = kind == .regular ? try file.bytes(count: sizeLimit + 1) : []
    } catch {
      if [.noSuchFileOrDirectory, .notDirectory].contains(error.errno) { throw .missing }
      // What is no directory, or may not be looked into, holds nothing for us.
      if [.permissionDenied, .tooManySymbolicLinkLevels].contains(error.errno),
        (try? Descriptor.status(of: path)) == nil
      {
        throw .missing
      }
      throw .unreadable(error.description)
    }
    guard kind == .regular else { throw .unreadable("it is not a regular file") }
    guard text.count <= sizeLimit else { throw .unreadable("it is larger than 1 MB") }
    return text
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
