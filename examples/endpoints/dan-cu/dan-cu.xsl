<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:lt="urn:lienthong:soap:1" xmlns:p="urn:lienthong:payload:1"
    xmlns:qldc="http://dancuquocgia.bca" exclude-result-prefixes="lt p">
  <xsl:param name="MaDVC"/>
  <xsl:param name="MaTichHop"/>
  <xsl:variable name="thuong">aăâbcdđeêfghijklmnoôơpqrstuưvwxyzáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ</xsl:variable>
  <xsl:variable name="hoa">AĂÂBCDĐEÊFGHIJKLMNOÔƠPQRSTUƯVWXYZÁÀẢÃẠẮẰẲẴẶẤẦẨẪẬÉÈẺẼẸẾỀỂỄỆÍÌỈĨỊÓÒỎÕỌỐỒỔỖỘỚỜỞỠỢÚÙỦŨỤỨỪỬỮỰÝỲỶỸỴ</xsl:variable>

  <!-- The order of the fields is the service's; names are in capitals, dates as yyyyMMdd. A dossier without a question asks nothing. -->
  <xsl:template match="lt:message">
    <xsl:variable name="hoi" select="lt:payload/p:dossier.submit/p:ThongTinKhac/p:TraCuuDanCu"/>
    <xsl:choose>
      <xsl:when test="not($hoi)"><lt:nothing/></xsl:when>
      <xsl:otherwise>
        <qldc:TraCuuThongTinCongDan>
          <qldc:MaYeuCau><xsl:value-of select="lt:header/@id"/></qldc:MaYeuCau>
          <qldc:MaDVC><xsl:value-of select="$MaDVC"/></qldc:MaDVC>
          <qldc:MaTichHop><xsl:value-of select="$MaTichHop"/></qldc:MaTichHop>
          <qldc:MaCanBo><xsl:value-of select="$hoi/p:MaCanBo"/></qldc:MaCanBo>
          <xsl:if test="$hoi/p:SoDinhDanh"><qldc:SoDinhDanh><xsl:value-of select="$hoi/p:SoDinhDanh"/></qldc:SoDinhDanh></xsl:if>
          <xsl:if test="$hoi/p:SoCMND"><qldc:SoCMND><xsl:value-of select="$hoi/p:SoCMND"/></qldc:SoCMND></xsl:if>
          <qldc:HoVaTen><xsl:value-of select="translate($hoi/p:HoVaTen, $thuong, $hoa)"/></qldc:HoVaTen>
          <xsl:if test="$hoi/p:NgaySinh">
            <qldc:NgayThangNamSinh><qldc:NgayThangNam><xsl:value-of select="translate($hoi/p:NgaySinh, '-', '')"/></qldc:NgayThangNam></qldc:NgayThangNamSinh>
          </xsl:if>
        </qldc:TraCuuThongTinCongDan>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- 00 found, 01 nobody: both are answers. The question's id must come back, or it is another question's answer. -->
  <xsl:template match="lt:reply">
    <xsl:variable name="tra" select="lt:body/qldc:TraCuuThongTinCongDanResponse"/>
    <xsl:choose>
      <xsl:when test="$tra/qldc:MaYeuCau != lt:message/lt:header/@id"><lt:outcome is="postponed" reason="other-request"/></xsl:when>
      <xsl:when test="$tra/qldc:MaKetQua = '00' or $tra/qldc:MaKetQua = '01'">
        <lt:outcome is="accepted">
          <lt:message type="dossier.result">
            <lt:payload>
              <p:dossier.result>
                <p:MaHoSo><xsl:value-of select="lt:message/lt:payload/p:dossier.submit/p:MaHoSo"/></p:MaHoSo>
                <p:NgayKetThucXuLy><xsl:value-of select="@received"/></p:NgayKetThucXuLy>
                <p:ThongTinTra>
                  <xsl:choose>
                    <xsl:when test="$tra/qldc:MaKetQua = '00'">Đã tra cứu Cơ sở dữ liệu quốc gia về dân cư</xsl:when>
                    <xsl:otherwise>Không có công dân này trong Cơ sở dữ liệu quốc gia về dân cư</xsl:otherwise>
                  </xsl:choose>
                </p:ThongTinTra>
                <p:ThongTinKhac>
                  <p:KetQuaDanCu>
                    <p:MaKetQua><xsl:value-of select="$tra/qldc:MaKetQua"/></p:MaKetQua>
                    <xsl:for-each select="$tra/qldc:CongDan/*">
                      <xsl:element name="p:{local-name()}"><xsl:value-of select="."/></xsl:element>
                    </xsl:for-each>
                  </p:KetQuaDanCu>
                </p:ThongTinKhac>
              </p:dossier.result>
            </lt:payload>
          </lt:message>
        </lt:outcome>
      </xsl:when>
      <xsl:when test="$tra/qldc:MaKetQua = '99'"><lt:outcome is="postponed" reason="busy" retry_after="60"/></xsl:when>
      <xsl:when test="$tra/qldc:MaKetQua"><lt:outcome is="refused" reason="no-look-up"/></xsl:when>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>
