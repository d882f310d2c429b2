internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// A foreign file's bytes, copied, so that nobody can change or cut them short while they are looked at.
struct FileContents: ~Copyable {
  let bytes: UnsafeRawBufferPointer
  private static let most = 4 << 30

  init(_ path: FilePath) throws(FileTrouble) {
    do throws(SystemError) {
      // A FIFO would make open(2) wait.
      let kind = try Descriptor.status(of: path).kind
      guard kind == .regular else { throw SystemError("open", kind == .directory ? .isDirectory : .invalidArgument) }
      let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
      let size = try file.status().size
      guard size <= Self.most else { throw SystemError("read", .fileTooLarge) }
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
      do throws(SystemError) {
        let count = try file.read(into: buffer, at: 0)
        bytes = UnsafeRawBufferPointer(start: buffer.baseAddress, count: count)
      } catch {
        buffer.deallocate()
        throw error
      }
    } catch {
      throw FileTrouble(reason: "cannot be read: \(error)")
    }
  }

  deinit { bytes.deallocate() }
}

/// Why a file says nothing.
struct FileTrouble: Error, Hashable {
  let reason: String
}
