using System.Globalization;
using Sluice.Api.Problems;
using Sluice.Core.Turns;

namespace Sluice.Api.Requests;

/// <summary>Where a client wants to go on.</summary>
internal static class ResumePoint
{
    public const string Header = "Last-Event-ID";

    public static readonly Problem UnknownCursor =
        new(404, "unknown_cursor", "This cursor names no event of a turn known here: the turn never was, is another's, or has been forgotten.");

    private static readonly Problem ForeignCursor =
        new(404, "unknown_cursor", $"{Header} is no cursor of this gateway. A cursor is {Cursor.Form}.");

    /// <summary>Browsers leave the header out when no id was seen; some clients send it empty.</summary>
    public static bool IsPresent(HttpRequest request) => request.Headers.TryGetValue(Header, out var value) && !string.IsNullOrEmpty(value);

    public static Problem? TryRead(HttpRequest request, out Cursor cursor) =>
        Cursor.TryParse(request.Headers[Header], out cursor) ? null : ForeignCursor;

    /// <summary>For a path that names the turn: the header, else <c>?after=</c>, else the beginning.</summary>
    public static Problem? TryRead(HttpRequest request, TurnId turn, out Cursor cursor)
    {
        if (IsPresent(request))
        {
            return TryRead(request, out cursor) ?? (cursor.Turn == turn ? null : UnknownCursor);
        }

        cursor = new Cursor(turn, 0);
        if (!request.QueryString.HasValue || !request.Query.TryGetValue("after", out var after))
        {
            return null;
        }

        if (!long.TryParse(after.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
        {
            return Problem.Invalid("after", "must be a sequence: a whole number from 0.");
        }

        cursor = new Cursor(turn, sequence);
        return null;
    }
}
