using System.Text;

namespace Sluice.Api.Observability;

/// <summary>The process's standard output, to which its log goes.</summary>
internal static class StandardOutput
{
    /// <summary>Longer than any line of the log but a stack trace, and a batch of the audit trail in few pieces.</summary>
    private const int BufferChars = 16 * 1024;

    /// <summary>
    /// Has each line written at once. By itself the console hands on 256 characters at a time: several calls of the operating system for each line, which then comes in pieces to
    /// whoever reads. Before anyone has taken hold of <see cref="Console.Out"/>.
    /// </summary>
    public static void WriteWholeLines()
    {
        if (Console.IsOutputRedirected)
        {
            Console.SetOut(new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), BufferChars) { AutoFlush = true });
        }
    }
}
