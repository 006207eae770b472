<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:lt="urn:lienthong:soap:1" xmlns:p="urn:lienthong:payload:1"
    xmlns:e="urn:sample:edoc" xmlns:edXML="http://www.mic.gov.vn/TBT/QCVN_102_2016" exclude-result-prefixes="lt p">
  <!-- how the two sides call our unit and the one that the axis serves -->
  <xsl:param name="OrganId"/>
  <xsl:param name="Unit"/>
  <xsl:param name="Peer"/>
  <xsl:variable name="d" select="lt:message/lt:payload/p:dossier.submit"/>

  <!-- A dossier is a document of the axis, marked MCDT_DT; a state is a trace of it. -->
  <xsl:template match="lt:message[lt:header/@type = 'dossier.submit']">
    <e:SendDocument>
      <e:organId><xsl:value-of select="$OrganId"/></e:organId>
      <e:messageType>EDOC</e:messageType>
      <e:document><lt:encode><xsl:call-template name="edxml"/></lt:encode></e:document>
    </e:SendDocument>
  </xsl:template>
  <xsl:template match="lt:message[lt:header/@type = 'dossier.status' and lt:payload//p:StatusCode]">
    <xsl:variable name="s" select="lt:payload/p:dossier.status"/>
    <e:UpdateTraces>
      <e:trace>
        <e:organId><xsl:value-of select="$OrganId"/></e:organId>
        <e:documentId><xsl:value-of select="$s/p:MaHoSo"/></e:documentId>
        <e:statusCode><xsl:value-of select="$s/p:StatusCode"/></e:statusCode>
        <e:timestamp><xsl:value-of select="concat(translate(substring($s/p:ThoiDiemXuLy, 1, 10), '-', '/'), ' ', substring($s/p:ThoiDiemXuLy, 12, 8))"/></e:timestamp>
        <xsl:if test="$s/p:NoiDungXuLy"><e:comment><xsl:value-of select="$s/p:NoiDungXuLy"/></e:comment></xsl:if>
      </e:trace>
    </e:UpdateTraces>
  </xsl:template>
  <xsl:template match="lt:message"><lt:nothing/></xsl:template>

  <xsl:template name="edxml">
    <edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016">
      <edXML:edXMLEnvelope>
        <edXML:edXMLHeader>
          <edXML:MessageHeader>
            <edXML:From><edXML:OrganId><xsl:value-of select="$OrganId"/></edXML:OrganId></edXML:From>
            <edXML:To><edXML:OrganId><xsl:value-of select="$Peer"/></edXML:OrganId></edXML:To>
            <edXML:DocumentId><xsl:value-of select="$d/p:MaHoSo"/></edXML:DocumentId>
            <edXML:Code><edXML:CodeNumber><xsl:value-of select="$d/p:MaHoSo"/></edXML:CodeNumber><edXML:CodeNotation>Hồ sơ liên thông</edXML:CodeNotation></edXML:Code>
            <edXML:Subject><xsl:value-of select="concat($d/p:MaTTHC, '/', $d/p:ChuHoSo, '/', $d/p:MaHoSo)"/></edXML:Subject>
            <edXML:Content><xsl:value-of select="$d/p:TenTTHC"/></edXML:Content>
            <xsl:if test="$d/p:NgayHenTra"><edXML:DueDate><xsl:value-of select="translate(substring($d/p:NgayHenTra, 1, 10), '-', '/')"/></edXML:DueDate></xsl:if>
            <edXML:OtherInfo><edXML:Priority>0</edXML:Priority><edXML:ReferenceCodes><xsl:value-of select="$d/p:MaHoSo"/></edXML:ReferenceCodes></edXML:OtherInfo>
            <edXML:ApplicationType>MCDT_DT</edXML:ApplicationType>
          </edXML:MessageHeader>
          <edXML:TraceHeaderList>
            <edXML:Bussiness><edXML:DocumentId><xsl:value-of select="$d/p:MaHoSo"/></edXML:DocumentId><edXML:BussinessDocType>0</edXML:BussinessDocType><edXML:Paper>1</edXML:Paper></edXML:Bussiness>
          </edXML:TraceHeaderList>
        </edXML:edXMLHeader>
      </edXML:edXMLEnvelope>
      <xsl:if test="lt:attachments/lt:attachment">
        <AttachmentEncoded>
          <xsl:for-each select="lt:attachments/lt:attachment">
            <Attachment>
              <ContentId><xsl:value-of select="@name"/></ContentId>
              <AttachmentName><xsl:value-of select="concat(translate(@name, '/', '-'), '.', substring-after(@media_type, '/'))"/></AttachmentName>
              <ContentType><xsl:value-of select="@media_type"/></ContentType>
              <edXML:ContentTransferEncoded><lt:content of="{@name}"/></edXML:ContentTransferEncoded>
            </Attachment>
          </xsl:for-each>
        </AttachmentEncoded>
      </xsl:if>
    </edXML>
  </xsl:template>

  <!-- ExistDoc: it is there since the first time. 9999 is a fault of the service itself. -->
  <xsl:template match="lt:reply">
    <xsl:variable name="r" select="lt:body/*"/>
    <xsl:choose>
      <xsl:when test="$r/e:status = 'Success' or $r/e:error = 'ExistDoc'"><lt:outcome is="accepted"/></xsl:when>
      <xsl:when test="$r/e:code = '9999'"><lt:outcome is="postponed" reason="service-fault"/></xsl:when>
      <xsl:when test="$r/e:status = 'Fail'"><lt:outcome is="refused" reason="not-taken"/></xsl:when>
      <xsl:otherwise><lt:outcome is="postponed" reason="service-error"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- The list holds what was not confirmed yet; each document is fetched, kept, and then confirmed. -->
  <xsl:template match="lt:collect"><e:GetPendingDocumentIds><e:organId><xsl:value-of select="$OrganId"/></e:organId></e:GetPendingDocumentIds></xsl:template>
  <xsl:template match="lt:collected">
    <lt:items><xsl:for-each select="lt:body/e:GetPendingDocumentIdsResponse/e:docId"><lt:item key="{.}"/></xsl:for-each></lt:items>
  </xsl:template>
  <xsl:template match="lt:fetch"><e:GetDocument><e:docId><xsl:value-of select="@key"/></e:docId></e:GetDocument></xsl:template>
  <xsl:template match="lt:fetched">
    <xsl:variable name="h" select="lt:body/e:GetDocumentResponse/e:document/*/edXML:edXMLEnvelope/edXML:edXMLHeader/edXML:MessageHeader"/>
    <lt:items>
      <xsl:if test="$h/edXML:StatusCode">
        <lt:message key="{@key}" type="dossier.status" from="{$Peer}" to="{$Unit}" code="{$h/edXML:ResponseFor/edXML:DocumentId}">
          <lt:payload>
            <p:dossier.status>
              <p:MaHoSo><xsl:value-of select="$h/edXML:ResponseFor/edXML:DocumentId"/></p:MaHoSo>
              <p:StatusCode><xsl:value-of select="$h/edXML:StatusCode"/></p:StatusCode>
              <p:ThoiDiemXuLy><xsl:value-of select="concat(translate(substring($h/edXML:Timestamp, 1, 10), '/', '-'), 'T', substring($h/edXML:Timestamp, 12, 8), '+07:00')"/></p:ThoiDiemXuLy>
              <xsl:if test="$h/edXML:StaffInfo/edXML:Staff != ''"><p:NguoiXuLy><xsl:value-of select="substring($h/edXML:StaffInfo/edXML:Staff, 1, 50)"/></p:NguoiXuLy></xsl:if>
              <xsl:if test="$h/edXML:Description != ''"><p:NoiDungXuLy><xsl:value-of select="$h/edXML:Description"/></p:NoiDungXuLy></xsl:if>
            </p:dossier.status>
          </lt:payload>
        </lt:message>
      </xsl:if>
    </lt:items>
  </xsl:template>
  <xsl:template match="lt:confirm"><e:ConfirmReceived><e:docId><xsl:value-of select="@key"/></e:docId></e:ConfirmReceived></xsl:template>
</xsl:stylesheet>
