namespace Sluice.Api.Hosting;

/// <summary>
/// The directory with what outlives the process, held by this one: a second gateway on it would take the first one's running turns for those of a dead one. The lock is the
/// operating system's and goes with the process, however that ends.
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held) => (Path, _lock) = (path, held);

    public string Path { get; }

    public string Database => System.IO.Path.Combine(Path, "sluice.db");

    /// <exception cref="IOException">It cannot be made or written to, or another gateway has it; the message says which.</exception>
    public static DataDirectory Open(string path)
    {
        var full = Make(path);
        try
        {
            return new DataDirectory(full, Hold(System.IO.Path.Combine(full, "sluice.lock")));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"Sluice:Data: {full} cannot be written to.", e);
        }
    }

    /// <summary>Makes it if need be, without holding it: for what several processes may use at a time.</summary>
    /// <returns>Its full path.</returns>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static string Make(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        try
        {
            if (!Directory.Exists(full))
            {
                var parent = System.IO.Path.GetDirectoryName(full);
                if (!Directory.Exists(parent))
                {
                    throw new IOException($"Sluice:Data: there is no directory {parent} to make {full} in.");
                }

                CreatePrivate(full);
            }

            return full;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"Sluice:Data: {full} cannot be written to.", e);
        }
    }

    /// <summary>The API keys in a data directory.</summary>
    public static string KeysIn(string path) => System.IO.Path.Combine(path, "keys.db");

    /// <summary>The audit trail in a data directory.</summary>
    public static string AuditIn(string path) => System.IO.Path.Combine(path, "audit");

    public void Dispose() => _lock.Dispose();

    // What engines answered is in it. On Windows it inherits the rights of its parent.
    private static void CreatePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static FileStream Hold(string file)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IOException($"Sluice:Data: {file} cannot be locked: another gateway uses this directory, or it cannot be written to ({e.Message})", e);
        }
    }
}
