using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Sluice.Api.Observability;

/// <summary>A line a person reads. Control characters are taken out: what a caller sent must not move the cursor or make up lines of its own.</summary>
internal sealed class TerminalFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "sluice-text";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(Begin(time, logEntry.LogLevel));
        textWriter.Write(OneLine(Redaction.Apply(logEntry.Formatter(logEntry.State, logEntry.Exception))));
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
        {
            textWriter.Write("  trace=");
            textWriter.Write(activity.TraceId.ToHexString());
        }

        textWriter.Write('\n');
        if (logEntry.Exception is { } exception)
        {
            foreach (var line in Redaction.Apply(exception.ToString()).Split('\n'))
            {
                textWriter.Write("    ");
                textWriter.Write(OneLine(line.TrimEnd('\r')));
                textWriter.Write('\n');
            }
        }
    }

    /// <summary>What stands before the message.</summary>
    internal static string Begin(TimeProvider time, LogLevel level) => time.GetLocalNow().ToString("HH:mm:ss.fff ", CultureInfo.InvariantCulture) + NameOf(level);

    // All of one width, so that messages stand below one another.
    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace  ",
        LogLevel.Debug => "debug  ",
        LogLevel.Information => "info   ",
        LogLevel.Warning => "WARN   ",
        LogLevel.Error => "ERROR  ",
        _ => "FATAL  ",
    };

    private static string OneLine(string text) =>
        !text.Any(char.IsControl)
            ? text
            : string.Create(text.Length, text, static (to, from) =>
            {
                for (var i = 0; i < to.Length; i++)
                {
                    to[i] = char.IsControl(from[i]) ? ' ' : from[i];
                }
            });
}
